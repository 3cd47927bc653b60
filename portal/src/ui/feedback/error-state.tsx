import type { ReactNode } from 'react';
import { Button } from '../button/button.tsx';
import { RefreshIcon, WarningIcon } from '../icons/icons.tsx';
import styles from './feedback.module.css';

interface ErrorStateProps {
  readonly title?: ReactNode;
  readonly error: { readonly message: string; readonly requestId?: string | undefined };
  readonly onRetry?: () => void;
  readonly isRetrying?: boolean;
}

/** Stands where something could not be fetched. */
export function ErrorState(props: ErrorStateProps) {
  const { title = 'This could not be loaded', error, onRetry, isRetrying = false } = props;
  return (
    <div className={styles.state} role="alert">
      <div className={styles.stateIcon} data-tone="danger">
        <WarningIcon size={20} />
      </div>
      <div className={styles.stateTitle}>{title}</div>
      <p className={styles.stateText}>{error.message}</p>
      {onRetry === undefined ? null : (
        <div className={styles.stateAction}>
          <Button icon={<RefreshIcon />} onClick={onRetry} isBusy={isRetrying}>
            Try again
          </Button>
        </div>
      )}
      <RequestId value={error.requestId} />
    </div>
  );
}

/** The id that names a failed request in the server's log. */
export function RequestId({ value }: { readonly value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <p className={styles.requestId}>
      Request-Id: <code>{value}</code>
    </p>
  );
}
