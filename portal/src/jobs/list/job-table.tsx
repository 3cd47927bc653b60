import { defaultRangeExtractor, type Range, useWindowVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { Skeleton } from '../../ui/feedback/skeleton.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import type { JobEntry, JobScope } from '../job.ts';
import styles from './job-list.module.css';
import { JobRow } from './job-row.tsx';
import { useMediaQuery } from './use-media-query.ts';

interface JobTableProps {
  readonly scope: JobScope;
  readonly entries: readonly JobEntry[];
  readonly hasOlder: boolean;
  /** Called when the end comes near. */
  readonly onEndSeen: (() => void) | undefined;
}

/** In pixels, as in the style sheet. */
const ROW = 60;
const PHONE_ROW = 84;
const OVERSCAN = 10;
/** Rows before the end from which the next page is fetched. */
const AHEAD = 30;
const GREY_ROWS = 4;

/** A table of which only the rows near the screen are in the page. Rows all have one height. */
export function JobTable({ scope, entries, hasOlder, onEndSeen }: JobTableProps) {
  const frame = useRef<HTMLDivElement>(null);
  const isPhone = useMediaQuery('(max-width: 720px)');
  const height = isPhone ? PHONE_ROW : ROW;
  const count = entries.length + (hasOlder ? GREY_ROWS : 0);
  const [focused, setFocused] = useState<number>();
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => height,
    overscan: OVERSCAN,
    scrollMargin: useTop(frame),
    rangeExtractor: (range) => withFocused(range, focused),
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows are measured again when they change their height
  useEffect(() => virtualizer.measure(), [virtualizer, height]);
  const rows = virtualizer.getVirtualItems();
  const lastSeen = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && lastSeen >= entries.length - AHEAD) onEndSeen?.();
  }, [hasOlder, lastSeen, entries.length, onEndSeen]);

  return (
    <div ref={frame}>
      <table className={styles.table} aria-rowcount={hasOlder ? -1 : entries.length + 1}>
        <Head />
        <tbody style={{ height: count * height }}>
          {rows.map(({ index }) => {
            const entry = entries[index];
            const top = index * height;
            return entry === undefined ? (
              <GreyRow key={`grey ${index}`} top={top} />
            ) : (
              <JobRow
                key={entry.id}
                scope={scope}
                entry={entry}
                index={index}
                top={top}
                onFocus={setFocused}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the table while the first page is fetched. */
export function JobTableSkeleton() {
  const isPhone = useMediaQuery('(max-width: 720px)');
  const height = isPhone ? PHONE_ROW : ROW;
  return (
    <table className={styles.table} aria-busy="true">
      <Head />
      <tbody style={{ height: 8 * height }}>
        {Array.from({ length: 8 }, (_, index) => (
          <GreyRow key={String(index)} top={index * height} />
        ))}
      </tbody>
    </table>
  );
}

function Head() {
  return (
    <>
      <caption>
        <VisuallyHidden>Jobs, newest first</VisuallyHidden>
      </caption>
      <thead>
        <tr aria-rowindex={1}>
          <th scope="col">Recording</th>
          <th scope="col">Status</th>
          <th scope="col">Length</th>
          <th scope="col">Language</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
    </>
  );
}

function GreyRow({ top }: { readonly top: number }) {
  return (
    <tr className={styles.row} style={{ transform: `translateY(${top}px)` }}>
      <td className={styles.name}>
        <Skeleton width="60%" height="16px" />
      </td>
      <td className={styles.status}>
        <Skeleton width="72px" height="16px" />
      </td>
      <td className={styles.length}>
        <Skeleton width="40px" height="16px" />
      </td>
      <td className={styles.language}>
        <Skeleton width="64px" height="16px" />
      </td>
      <td className={styles.created}>
        <Skeleton width="88px" height="16px" />
      </td>
    </tr>
  );
}

/** The row that has the focus stays in the page however far it is scrolled away. */
function withFocused(range: Range, focused: number | undefined): number[] {
  const indexes = defaultRangeExtractor(range);
  if (focused === undefined || focused >= range.count || indexes.includes(focused)) return indexes;
  return [...indexes, focused].sort((one, other) => one - other);
}

/** Where an element begins on the page, also when what lies above it grows. */
function useTop(element: RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useEffect(() => {
    const measure = () => {
      const box = element.current?.getBoundingClientRect();
      if (box !== undefined) setTop(Math.round(box.top + window.scrollY));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return top;
}
