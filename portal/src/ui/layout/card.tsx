import type { ReactNode } from 'react';
import styles from './layout.module.css';

interface CardProps {
  readonly title?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  /** Leaves out the inner space, for a table that fills the card. */
  readonly isFlush?: boolean;
  readonly footer?: ReactNode;
  readonly children?: ReactNode;
}

/** A bordered part of a page. Its title is a heading of the second level. */
export function Card({ title, description, actions, isFlush = false, footer, children }: CardProps) {
  return (
    <section className={styles.card}>
      {title === undefined ? null : (
        <div className={styles.cardHead}>
          <div className={styles.headerWords}>
            <h2>{title}</h2>
            {description === undefined ? null : <p className={styles.description}>{description}</p>}
          </div>
          {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
        </div>
      )}
      {children === undefined ? null : (
        <div className={isFlush ? styles.flush : styles.cardBody}>{children}</div>
      )}
      {footer === undefined ? null : <div className={styles.cardFoot}>{footer}</div>}
    </section>
  );
}
