import { useEffect, useState } from 'react';

interface TimeProps {
  /** An instant as the server writes it: RFC 3339. */
  readonly value: string;
  /** `relative`: "3 minutes ago"; `day`: "12 Mar 2026"; `full`: day and time. */
  readonly format?: 'relative' | 'day' | 'full';
}

const MINUTE = 60_000;
const STEPS: readonly [limit: number, milliseconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60 * MINUTE, MINUTE, 'minute'],
  [24 * 60 * MINUTE, 60 * MINUTE, 'hour'],
  [14 * 24 * 60 * MINUTE, 24 * 60 * MINUTE, 'day'],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

/** An instant in the reader's own time zone; the tooltip has it in full. */
export function Time({ value, format = 'relative' }: TimeProps) {
  const instant = new Date(value);
  const now = useMinute(format === 'relative');
  if (Number.isNaN(instant.getTime())) return <span>{value}</span>;
  return (
    <time dateTime={value} title={exact.format(instant)}>
      {format === 'relative' ? relativeTime(instant, now) : (format === 'day' ? day : full).format(instant)}
    </time>
  );
}

/** "3 minutes ago", "in 2 hours", and the date for what is more than two weeks away. */
function relativeTime(instant: Date, now: number): string {
  const difference = instant.getTime() - now;
  const distance = Math.abs(difference);
  if (distance < MINUTE) return difference > 0 ? 'in less than a minute' : 'just now';
  const step = STEPS.find(([limit]) => distance < limit);
  if (step === undefined) return day.format(instant);
  return relative.format(Math.trunc(difference / step[1]), step[2]);
}

/** The present, which moves on once a minute. */
function useMinute(isMoving: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isMoving) return;
    const timer = setInterval(() => setNow(Date.now()), MINUTE);
    return () => clearInterval(timer);
  }, [isMoving]);
  // A value newer than the last tick is not in the future.
  return Math.max(now, Date.now());
}
