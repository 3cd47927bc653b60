import type { ComponentProps } from 'react';
import styles from './field.module.css';
import { useFieldControl } from './field.tsx';

export interface TextInputProps extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'size'> {
  readonly value: string;
  readonly onValueChange: (value: string) => void;
  /** Sets the value in a fixed-width font, for keys and identifiers. */
  readonly isCode?: boolean;
}

/** A line of text. */
export function TextInput({ onValueChange, isCode = false, className, ...rest }: TextInputProps) {
  const control = useFieldControl();
  return (
    <input
      type="text"
      {...control}
      {...rest}
      className={[styles.control, isCode ? styles.code : undefined, className].filter(Boolean).join(' ')}
      onChange={(event) => onValueChange(event.currentTarget.value)}
    />
  );
}
