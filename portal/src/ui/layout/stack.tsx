import type { ReactNode } from 'react';
import styles from './layout.module.css';

interface StackProps {
  /** Steps of the space scale between the parts. */
  readonly gap?: 1 | 2 | 3 | 4 | 5 | 6;
  readonly children: ReactNode;
}

/** Parts below each other. */
export function Stack({ gap = 4, children }: StackProps) {
  return (
    <div className={styles.stack} style={{ gap: `var(--space-${gap})` }}>
      {children}
    </div>
  );
}

/** Parts beside each other, on further lines where there is no room. */
export function Row({ gap = 2, children }: StackProps) {
  return (
    <div className={styles.row} style={{ gap: `var(--space-${gap})` }}>
      {children}
    </div>
  );
}
