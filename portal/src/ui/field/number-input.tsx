import styles from './field.module.css';
import { TextInput, type TextInputProps } from './text-input.tsx';

interface NumberInputProps extends Omit<TextInputProps, 'type' | 'inputMode'> {
  /** After the number: "seconds". */
  readonly unit?: string;
}

/**
 * A number. The value is the text as typed, so that what is half-typed or wrong stays and can be complained about.
 */
export function NumberInput({ unit, ...rest }: NumberInputProps) {
  return (
    <div className={styles.number}>
      <TextInput {...rest} inputMode="decimal" autoComplete="off" />
      {unit === undefined ? null : <span className={styles.unit}>{unit}</span>}
    </div>
  );
}
