import { useId, useState } from 'react';
import { DescriptionList } from '../../ui/data/description-list.tsx';
import { Skeleton } from '../../ui/feedback/skeleton.tsx';
import { ChevronRightIcon } from '../../ui/icons/icons.tsx';
import styles from '../audit.module.css';
import type { AuditEntry } from '../audit-query.ts';
import type { Names } from './names.ts';
import { sentenceOf } from './sentences.ts';

interface EntryListProps {
  readonly entries: readonly AuditEntry[];
  readonly names: Names;
}

const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });
const timeFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });
const exactFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** Entries under the day they are of, in the reader's own time zone. */
export function EntryList({ entries, names }: EntryListProps) {
  const days = [...Map.groupBy(entries, ({ at }) => dayFormat.format(new Date(at)))];
  return days.map(([day, own]) => (
    <section key={day} aria-label={day}>
      <h2 className={styles.day}>{day}</h2>
      <ul className={styles.list}>
        {own.map((entry) => (
          <Entry key={entry.sequence} entry={entry} names={names} />
        ))}
      </ul>
    </section>
  ));
}

/** One entry as a sentence, which opens to all that the log keeps of it. */
function Entry({ entry, names }: { readonly entry: AuditEntry; readonly names: Names }) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  return (
    <li className={styles.entry}>
      <button
        type="button"
        className={styles.row}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronRightIcon />
        <time dateTime={entry.at} className={styles.time}>
          {timeFormat.format(new Date(entry.at))}
        </time>
        <span className={styles.sentence}>{sentenceOf(entry, names)}</span>
      </button>
      {isOpen ? (
        <div id={id} className={styles.details}>
          <DescriptionList items={factsOf(entry)} />
        </div>
      ) : null}
    </li>
  );
}

function factsOf(entry: AuditEntry) {
  const { actor, details } = entry;
  const facts: readonly (readonly [label: string, value: string | null])[] = [
    ['Time', exactFormat.format(new Date(entry.at))],
    ['Action', entry.action],
    [
      'Done by',
      actor.name === undefined ? `${actor.kind} ${actor.id}` : `${actor.kind} ${actor.id}, ${actor.name}`,
    ],
    ['Done to', entry.target],
    ['Request id', entry.request_id],
    ['Address', entry.address],
    ['Details', Object.keys(details).length === 0 ? null : JSON.stringify(details, undefined, 2)],
    ['Entry', String(entry.sequence)],
    ['Hash', entry.hash],
  ];
  return facts
    .filter((fact): fact is readonly [string, string] => fact[1] !== null)
    .map(([label, value]) => ({
      label,
      value: label === 'Time' ? value : <code className={styles.value}>{value}</code>,
    }));
}

const SKELETON_ROWS = 8;

export function EntryListSkeleton() {
  return (
    <div role="status" aria-label="Loading the log">
      <div className={styles.day}>
        <Skeleton width={180} />
      </div>
      <ul className={styles.list}>
        {Array.from({ length: SKELETON_ROWS }, (_, index) => (
          <li key={String(index)} className={styles.entry}>
            <div className={styles.row}>
              <Skeleton width="60%" height={20} />
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
