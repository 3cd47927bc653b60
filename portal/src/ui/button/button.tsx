import type { ComponentProps, ReactNode } from 'react';
import { Spinner } from '../feedback/spinner.tsx';
import styles from './button.module.css';

export type ButtonVariant = 'primary' | 'secondary' | 'danger' | 'quiet';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: ButtonVariant;
  readonly size?: 'small' | 'medium';
  /** Shows that the work is under way and takes no further press. */
  readonly isBusy?: boolean;
  readonly icon?: ReactNode;
  readonly isWide?: boolean;
}

/** A button. While it is busy it keeps its size and the focus. */
export function Button(props: ButtonProps) {
  const { variant = 'secondary', size = 'medium', isBusy = false, icon, isWide, children, ...rest } = props;
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : rest.onClick}
      className={classOf(variant, size, isWide, rest.className)}
    >
      {isBusy ? (
        <span className={styles.busy}>
          <Spinner />
        </span>
      ) : null}
      <span className={isBusy ? styles.hidden : styles.content}>
        {icon}
        {children}
      </span>
    </button>
  );
}

/** Class names of a button, for a link that looks like one. */
export function classOf(
  variant: ButtonVariant,
  size: 'small' | 'medium' = 'medium',
  isWide = false,
  className: string | undefined = undefined,
): string {
  return [styles.button, styles[variant], styles[size], isWide ? styles.wide : undefined, className]
    .filter(Boolean)
    .join(' ');
}
