import type { ReactNode } from 'react';
import styles from './layout.module.css';

interface VisuallyHiddenProps {
  readonly role?: 'status' | 'alert';
  readonly children: ReactNode;
}

/** Text for screen readers alone. With a role, changes to it are read out. */
export function VisuallyHidden({ role, children }: VisuallyHiddenProps) {
  return (
    <span className={styles.hidden} role={role}>
      {children}
    </span>
  );
}
