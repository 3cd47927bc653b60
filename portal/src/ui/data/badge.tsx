import type { ReactNode } from 'react';
import styles from './badge.module.css';

export type BadgeTone = 'neutral' | 'accent' | 'success' | 'warning' | 'danger' | 'info';

interface BadgeProps {
  readonly tone?: BadgeTone;
  readonly children: ReactNode;
}

/** A short word about a thing: its role, its product. */
export function Badge({ tone = 'neutral', children }: BadgeProps) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {children}
    </span>
  );
}

interface StatusBadgeProps extends BadgeProps {
  /** Lets the dot breathe while something is under way. */
  readonly isActive?: boolean;
}

/** A state, with a dot of its colour before the word. */
export function StatusBadge({ tone = 'neutral', isActive = false, children }: StatusBadgeProps) {
  return (
    <span className={styles.status} data-tone={tone}>
      <span className={styles.dot} data-is-active={isActive} />
      {children}
    </span>
  );
}
