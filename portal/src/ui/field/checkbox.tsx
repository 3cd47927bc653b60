import { type ReactNode, useId } from 'react';
import styles from './field.module.css';
import { FieldError } from './field.tsx';

interface CheckboxProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly checked: boolean;
  readonly onCheckedChange: (checked: boolean) => void;
  readonly disabled?: boolean;
  readonly name?: string;
}

/** A box to tick, with its own label. */
export function Checkbox({ label, hint, error, checked, onCheckedChange, disabled, name }: CheckboxProps) {
  const id = useId();
  const describedBy = [error === undefined ? '' : `${id}error`, hint === undefined ? '' : `${id}hint`];
  return (
    <div>
      <div className={styles.choice}>
        <input
          type="checkbox"
          id={id}
          name={name}
          checked={checked}
          disabled={disabled}
          aria-describedby={describedBy.filter(Boolean).join(' ') || undefined}
          aria-invalid={error === undefined ? undefined : true}
          onChange={(event) => onCheckedChange(event.currentTarget.checked)}
        />
        <div>
          <label htmlFor={id}>{label}</label>
          {hint === undefined ? null : (
            <div className={styles.hint} id={`${id}hint`}>
              {hint}
            </div>
          )}
        </div>
      </div>
      <FieldError id={`${id}error`} error={error} />
    </div>
  );
}
