import { Progress } from '@base-ui/react/progress';
import styles from './progress-bar.module.css';

interface ProgressBarProps {
  readonly label: string;
  /** 0 to 1; null while it is not known. */
  readonly value: number | null;
  readonly tone?: 'accent' | 'warning' | 'danger';
  /** Keeps the label for screen readers alone. */
  readonly isLabelHidden?: boolean;
  /** Beside the label; the percentage when absent. */
  readonly words?: string;
}

/** How far something has come, or how much of a limit is used. */
export function ProgressBar({
  label,
  value,
  tone = 'accent',
  isLabelHidden = false,
  words,
}: ProgressBarProps) {
  return (
    <Progress.Root
      value={value === null ? null : Math.round(Math.min(1, Math.max(0, value)) * 100)}
      className={styles.root}
      {...(isLabelHidden ? { 'aria-label': label } : {})}
    >
      {isLabelHidden ? null : (
        <div className={styles.words}>
          <Progress.Label>{label}</Progress.Label>
          <Progress.Value className={styles.value}>{(percentage) => words ?? percentage}</Progress.Value>
        </div>
      )}
      <Progress.Track className={styles.track}>
        <Progress.Indicator className={styles.indicator} data-tone={tone} />
      </Progress.Track>
    </Progress.Root>
  );
}
