import { type ReactNode, useEffect, useRef } from 'react';
import styles from './layout.module.css';

interface PageHeaderProps {
  readonly title: string;
  /** One sentence on what the page is for. */
  readonly description?: ReactNode;
  /** What a person can do here; the main action last. */
  readonly actions?: ReactNode;
  /** A way back, above the title. */
  readonly above?: ReactNode;
}

/** The head of a page. Sets the document's title, and takes the focus when the page was navigated to. */
export function PageHeader({ title, description, actions, above }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Parley`;
  }, [title]);
  useEffect(() => {
    // Nothing has the focus after a navigation, or the link that led here has gone.
    if (isNavigation() && !isTyping()) heading.current?.focus({ preventScroll: true });
    hasShownPage = true;
  }, []);
  return (
    <header className={styles.header}>
      {above}
      <div className={styles.headerRow}>
        <div className={styles.headerWords}>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {description === undefined ? null : <p className={styles.description}>{description}</p>}
        </div>
        {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
      </div>
    </header>
  );
}

let hasShownPage = false;
const isNavigation = (): boolean => hasShownPage;

const isTyping = (): boolean => document.activeElement?.matches('input, textarea, select') === true;
