import type { ReactNode } from 'react';
import { Mark } from '../shell/mark.tsx';
import { ThemeMenu } from '../shell/theme-menu.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import styles from './visitor-layout.module.css';

interface VisitorLayoutProps {
  readonly title: string;
  readonly description?: ReactNode;
  /** Below the card: the way to the other page. */
  readonly footer?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of the pages before sign-in. */
export function VisitorLayout({ title, description, footer, children }: VisitorLayoutProps) {
  return (
    <div className={styles.layout}>
      <header className={styles.top}>
        <span className={styles.brand}>
          <Mark />
          Parley
        </span>
        <ThemeMenu />
      </header>
      <main id="main" className={styles.main}>
        <div className={styles.card}>
          <PageHeader title={title} description={description} />
          {children}
        </div>
        {footer === undefined ? null : <div className={styles.footer}>{footer}</div>}
      </main>
    </div>
  );
}
