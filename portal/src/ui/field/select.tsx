import type { ComponentProps } from 'react';
import { ChevronsIcon } from '../icons/icons.tsx';
import styles from './field.module.css';
import { useFieldControl } from './field.tsx';

export interface Option<Value extends string> {
  readonly value: Value;
  readonly label: string;
  readonly isDisabled?: boolean;
}

interface SelectProps<Value extends string>
  extends Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children' | 'size'> {
  readonly value: Value;
  readonly options: readonly Option<Value>[];
  readonly onValueChange: (value: Value) => void;
  readonly size?: 'small' | 'medium';
}

/** One of a list. The browser's own control, which every phone and screen reader knows. */
export function Select<Value extends string>(props: SelectProps<Value>) {
  const { value, options, onValueChange, size = 'medium', ...rest } = props;
  const control = useFieldControl();
  return (
    <span className={styles.select}>
      <select
        {...control}
        {...rest}
        value={value}
        className={[styles.control, size === 'small' ? styles.small : undefined].filter(Boolean).join(' ')}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.currentTarget.value);
          if (chosen !== undefined) onValueChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.isDisabled}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronsIcon />
    </span>
  );
}
