import { useState } from 'react';
import { clockTime } from '../../ui/data/clock-time.ts';
import { Field, useFieldControl } from '../../ui/field/field.tsx';
import { type Recording, readRecording } from '../audio/recording.ts';
import { LiveFault } from '../session/live-fault.ts';
import styles from './controls.module.css';

interface RecordingInputProps {
  readonly recording: Recording | undefined;
  readonly onRecordingChange: (recording: Recording | undefined) => void;
  readonly isDisabled: boolean;
}

/** The choice of a file, which the browser decodes at once. */
export function RecordingInput({ recording, onRecordingChange, isDisabled }: RecordingInputProps) {
  const [error, setError] = useState<string>();
  const [isReading, setReading] = useState(false);
  const read = async (file: File) => {
    setError(undefined);
    setReading(true);
    onRecordingChange(undefined);
    try {
      onRecordingChange(await readRecording(file));
    } catch (cause) {
      if (!(cause instanceof LiveFault)) throw cause;
      setError(`${cause.title}. ${cause.advice}`);
    } finally {
      setReading(false);
    }
  };
  return (
    <Field label="File" hint={hintOf(isReading, recording)} error={error}>
      <FileInput isDisabled={isDisabled || isReading} onFile={read} />
    </Field>
  );
}

function hintOf(isReading: boolean, recording: Recording | undefined): string {
  if (isReading) return 'Reading the file';
  if (recording === undefined) return 'It plays aloud, and is heard while it plays.';
  return `It lasts ${clockTime(recording.durationSeconds)}, and is heard while it plays aloud.`;
}

interface FileInputProps {
  readonly isDisabled: boolean;
  readonly onFile: (file: File) => void;
}

function FileInput({ isDisabled, onFile }: FileInputProps) {
  const control = useFieldControl();
  return (
    <input
      {...control}
      type="file"
      accept="audio/*,video/mp4,video/webm"
      className={styles.file}
      disabled={isDisabled}
      onChange={({ currentTarget }) => {
        const [file] = currentTarget.files ?? [];
        if (file !== undefined) onFile(file);
      }}
    />
  );
}
