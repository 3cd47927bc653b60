import { createLink } from '@tanstack/react-router';
import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';
import { type ButtonVariant, classOf } from './button.tsx';

interface AnchorProps extends ComponentProps<'a'> {
  readonly variant?: ButtonVariant;
  readonly size?: 'small' | 'medium';
  readonly icon?: ReactNode;
}

function Anchor({ variant = 'secondary', size = 'medium', icon, className, children, ...rest }: AnchorProps) {
  return (
    <a {...rest} className={classOf(variant, size, false, className)}>
      <span className={styles.content}>
        {icon}
        {children}
      </span>
    </a>
  );
}

/** A link of the router that looks like a button. */
export const ButtonLink = createLink(Anchor);
