import type { ReactNode } from 'react';
import { CheckIcon, InfoIcon, WarningIcon } from '../icons/icons.tsx';
import styles from './feedback.module.css';

export type NoticeTone = 'info' | 'success' | 'warning' | 'danger';

interface NoticeProps {
  readonly tone?: NoticeTone;
  readonly title?: ReactNode;
  /** Read out when it appears. */
  readonly isLive?: boolean;
  readonly children?: ReactNode;
}

const ICONS = { info: InfoIcon, success: CheckIcon, warning: WarningIcon, danger: WarningIcon };

/** A message within a page. */
export function Notice({ tone = 'info', title, isLive = false, children }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div
      className={styles.notice}
      data-tone={tone}
      role={isLive ? (tone === 'danger' ? 'alert' : 'status') : undefined}
    >
      <span className={styles.noticeIcon}>
        <Icon />
      </span>
      <div className={styles.noticeWords}>
        {title === undefined ? null : <p className={styles.noticeTitle}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
