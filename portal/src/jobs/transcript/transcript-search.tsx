import { type KeyboardEvent, type RefObject, useDeferredValue, useEffect, useMemo, useState } from 'react';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { SearchInput } from '../../ui/field/search-input.tsx';
import { ArrowDownIcon, ArrowUpIcon } from '../../ui/icons/icons.tsx';
import { findMatches, type Match } from './find-matches.ts';
import styles from './transcript.module.css';
import type { Turn } from './turns.ts';
import { clearMatches, paintMatches } from './word-marks.ts';

interface TranscriptSearchProps {
  readonly turns: readonly Turn[];
  readonly elements: RefObject<(HTMLElement | undefined)[]>;
  readonly text: string;
  readonly onTextChange: (text: string) => void;
}

/** Finds text in the transcript, and goes from one place to the next. */
export function TranscriptSearch({ turns, elements, text, onTextChange }: TranscriptSearchProps) {
  const wanted = useDeferredValue(text);
  const matches = useMemo(() => findMatches(turns, wanted), [turns, wanted]);
  const [place, setPlace] = useState<{ readonly matches: readonly Match[]; readonly at: number }>();
  // Another text has other places, of which the first is the one to look at.
  const at = place?.matches === matches ? place.at : 0;
  const current = matches[at];
  useEffect(() => {
    paintMatches(elements.current, matches, current);
    if (current === undefined) return;
    const found = elements.current.slice(current.firstWord, current.lastWord + 1);
    for (const element of found) element?.classList.add(styles.found ?? '');
    found[0]?.scrollIntoView({ block: 'center' });
    return () => {
      for (const element of found) element?.classList.remove(styles.found ?? '');
    };
  }, [elements, matches, current]);
  useEffect(() => clearMatches, []);

  const go = (step: number) =>
    setPlace({ matches, at: (at + step + matches.length) % Math.max(1, matches.length) });
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    go(event.shiftKey ? -1 : 1);
  };
  return (
    <search className={styles.search} onKeyDown={press}>
      <SearchInput label="Search transcript" value={text} onValueChange={onTextChange} />
      <span className={styles.count} role="status">
        {wanted.trim() === '' ? '' : matches.length === 0 ? 'Not found' : `${at + 1} of ${matches.length}`}
      </span>
      <IconButton
        label="Previous match"
        icon={<ArrowUpIcon />}
        size="small"
        disabled={matches.length === 0}
        onClick={() => go(-1)}
      />
      <IconButton
        label="Next match"
        icon={<ArrowDownIcon />}
        size="small"
        disabled={matches.length === 0}
        onClick={() => go(1)}
      />
    </search>
  );
}
