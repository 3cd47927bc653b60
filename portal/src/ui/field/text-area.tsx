import type { ComponentProps } from 'react';
import styles from './field.module.css';
import { useFieldControl } from './field.tsx';

interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'value' | 'onChange'> {
  readonly value: string;
  readonly onValueChange: (value: string) => void;
  readonly isCode?: boolean;
}

/** Several lines of text. */
export function TextArea({ onValueChange, isCode = false, rows = 4, ...rest }: TextAreaProps) {
  const control = useFieldControl();
  return (
    <textarea
      {...control}
      {...rest}
      rows={rows}
      className={[styles.control, styles.area, isCode ? styles.code : undefined].filter(Boolean).join(' ')}
      onChange={(event) => onValueChange(event.currentTarget.value)}
    />
  );
}
