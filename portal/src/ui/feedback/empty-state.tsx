import type { ReactNode } from 'react';
import styles from './feedback.module.css';

interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: ReactNode;
  /** What would be here, and how to get it. */
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** Stands where there is nothing yet. */
export function EmptyState({ icon, title, children, action }: EmptyStateProps) {
  return (
    <div className={styles.state}>
      {icon === undefined ? null : <div className={styles.stateIcon}>{icon}</div>}
      <div className={styles.stateTitle}>{title}</div>
      {children === undefined ? null : <div className={styles.stateText}>{children}</div>}
      {action === undefined ? null : <div className={styles.stateAction}>{action}</div>}
    </div>
  );
}
