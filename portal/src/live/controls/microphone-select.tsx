import { useAudioDevices } from '@speechmatics/browser-audio-input-react';
import { Field } from '../../ui/field/field.tsx';
import { Select } from '../../ui/field/select.tsx';

interface MicrophoneSelectProps {
  /** Undefined: the one the system prefers. */
  readonly deviceId: string | undefined;
  readonly onDeviceChange: (deviceId: string | undefined) => void;
  readonly isDisabled: boolean;
}

const PREFERRED = '';

/** The choice of a microphone. Their names are known once the person has allowed one. */
export function MicrophoneSelect({ deviceId, onDeviceChange, isDisabled }: MicrophoneSelectProps) {
  const { permissionState, deviceList = [] } = useAudioDevices();
  // The browser lists its preferred one a second time.
  const devices = deviceList.filter((device) => device.deviceId !== 'default');
  const options = [
    { value: PREFERRED, label: 'Default microphone' },
    ...devices.map((device, at) => ({
      value: device.deviceId,
      label: device.label || `Microphone ${at + 1}`,
    })),
  ];
  const isThere = options.some(({ value }) => value === deviceId);
  return (
    <Field label="Microphone" hint={HINTS[permissionState]}>
      <Select
        value={isThere ? (deviceId ?? PREFERRED) : PREFERRED}
        options={options}
        disabled={isDisabled}
        onValueChange={(value) => onDeviceChange(value === PREFERRED ? undefined : value)}
      />
    </Field>
  );
}

const HINTS: Readonly<Record<ReturnType<typeof useAudioDevices>['permissionState'], string>> = {
  prompt: 'The browser asks for your consent when you start.',
  prompting: 'The browser asks for your consent.',
  granted: 'The server does not store what you say.',
  denied: 'Blocked. Allow it with the icon beside the address.',
};
