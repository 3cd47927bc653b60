import { SegmentedControl } from '../../ui/field/radio-group.tsx';
import styles from './controls.module.css';
import { MicrophoneSelect } from './microphone-select.tsx';
import { RecordingInput } from './recording-input.tsx';
import type { ChosenSource } from './use-source.ts';

interface SourcePickerProps {
  readonly source: ChosenSource;
  readonly isDisabled: boolean;
}

const KINDS = [
  { value: 'microphone', label: 'Microphone' },
  { value: 'file', label: 'File' },
] as const;

/** The choice of what is listened to. */
export function SourcePicker({ source, isDisabled }: SourcePickerProps) {
  const { kind, deviceId, recording, obstacle, choose, setRecording } = source;
  return (
    <div className={styles.picker}>
      <SegmentedControl
        label="Source"
        value={kind}
        choices={KINDS}
        disabled={isDisabled}
        onValueChange={(next) => choose({ kind: next })}
      />
      {kind === 'file' ? (
        <RecordingInput recording={recording} onRecordingChange={setRecording} isDisabled={isDisabled} />
      ) : null}
      {kind === 'microphone' && obstacle === undefined ? (
        <MicrophoneSelect
          deviceId={deviceId}
          onDeviceChange={(next) => choose({ deviceId: next })}
          isDisabled={isDisabled}
        />
      ) : null}
    </div>
  );
}
