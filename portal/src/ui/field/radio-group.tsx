import { type ReactNode, useId } from 'react';
import styles from './field.module.css';

interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: ReactNode;
  readonly hint?: ReactNode;
}

interface RadioGroupProps<Value extends string> {
  readonly label: string;
  readonly isLabelHidden?: boolean;
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
  readonly onValueChange: (value: Value) => void;
  readonly disabled?: boolean;
}

/** One of a few, each with room for a word of explanation. */
export function RadioGroup<Value extends string>(props: RadioGroupProps<Value>) {
  const { label, isLabelHidden, value, choices, onValueChange, disabled } = props;
  const name = useId();
  return (
    <fieldset className={styles.group} disabled={disabled}>
      <legend className={isLabelHidden ? styles.labelHidden : styles.label}>{label}</legend>
      {choices.map((choice) => (
        <div className={styles.choice} key={choice.value}>
          <input
            type="radio"
            id={`${name}${choice.value}`}
            name={name}
            checked={choice.value === value}
            aria-describedby={choice.hint === undefined ? undefined : `${name}${choice.value}hint`}
            onChange={() => onValueChange(choice.value)}
          />
          <div>
            <label htmlFor={`${name}${choice.value}`}>{choice.label}</label>
            {choice.hint === undefined ? null : (
              <div className={styles.hint} id={`${name}${choice.value}hint`}>
                {choice.hint}
              </div>
            )}
          </div>
        </div>
      ))}
    </fieldset>
  );
}

/** One of two to five short words, side by side. */
export function SegmentedControl<Value extends string>(props: RadioGroupProps<Value>) {
  const { label, isLabelHidden, value, choices, onValueChange, disabled } = props;
  const name = useId();
  return (
    <fieldset className={styles.field} disabled={disabled}>
      <legend className={isLabelHidden ? styles.labelHidden : styles.label}>{label}</legend>
      <div className={styles.segments}>
        {choices.map((choice) => (
          <label className={styles.segment} key={choice.value}>
            <input
              type="radio"
              name={name}
              checked={choice.value === value}
              onChange={() => onValueChange(choice.value)}
            />
            <span>{choice.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
