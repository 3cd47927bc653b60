import type { FormEvent, ReactNode } from 'react';
import styles from './form.module.css';

interface FormLayoutProps {
  readonly id?: string;
  readonly label?: string;
  readonly onSubmit: (event: FormEvent<HTMLFormElement>) => void;
  readonly children: ReactNode;
}

/** A form whose fields lie below each other. Checked by `useForm`, not by the browser. */
export function FormLayout({ id, label, onSubmit, children }: FormLayoutProps) {
  return (
    <form id={id} aria-label={label} className={styles.form} noValidate onSubmit={onSubmit}>
      {children}
    </form>
  );
}
