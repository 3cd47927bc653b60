import type { ComponentProps, ReactNode } from 'react';
import { Tooltip } from '../overlay/tooltip.tsx';
import styles from './button.module.css';
import { classOf } from './button.tsx';

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  /** What the button does: its name for a screen reader and its tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly size?: 'small' | 'medium';
}

/** A quiet button with nothing but an icon. */
export function IconButton({ label, icon, size = 'medium', className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label}>
      <button
        type="button"
        {...rest}
        aria-label={label}
        className={classOf('quiet', size, false, `${styles.icon} ${className ?? ''}`)}
      >
        {icon}
      </button>
    </Tooltip>
  );
}
