import { useId } from 'react';
import styles from './create.module.css';
import type { Preset } from './form-values.ts';

interface PresetPickerProps {
  readonly value: Preset;
  readonly onValueChange: (preset: Preset) => void;
}

const CHOICES: readonly { readonly value: Preset; readonly name: string; readonly hint: string }[] = [
  { value: 'dictation', name: 'Browser dictation', hint: 'A visitor speaks, and reads along.' },
  { value: 'upload', name: 'Upload form', hint: 'A visitor sends recordings of their own.' },
  { value: 'kiosk', name: 'Kiosk', hint: 'A device listens for hours, one session at a time.' },
];

/** Usual kinds of keys, which fill the form. */
export function PresetPicker({ value, onValueChange }: PresetPickerProps) {
  const name = useId();
  return (
    <fieldset className={styles.presets}>
      <legend>Start from a preset</legend>
      {CHOICES.map((choice) => (
        <label key={choice.value} className={styles.preset}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onValueChange(choice.value)}
          />
          <span className={styles.presetName}>{choice.name}</span>
          <span className={styles.presetHint}>{choice.hint}</span>
        </label>
      ))}
    </fieldset>
  );
}
