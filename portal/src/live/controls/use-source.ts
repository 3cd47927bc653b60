import { useState } from 'react';
import type { AudioSource } from '../audio/audio-source.ts';
import { Microphone, microphoneObstacle } from '../audio/microphone.ts';
import { Playback } from '../audio/playback.ts';
import type { Recording } from '../audio/recording.ts';
import type { LiveFault } from '../session/live-fault.ts';

export type SourceKind = 'microphone' | 'file';

export interface ChosenSource {
  readonly kind: SourceKind;
  /** Undefined: the one the system prefers. */
  readonly deviceId: string | undefined;
  readonly recording: Recording | undefined;
  /** The one that was played last. */
  readonly playback: Playback | undefined;
  /** Why this browser or page cannot have a microphone, if that is chosen. */
  readonly obstacle: LiveFault | undefined;
  readonly isReady: boolean;
  readonly choose: (change: { kind?: SourceKind; deviceId?: string | undefined }) => void;
  readonly setRecording: (recording: Recording | undefined) => void;
  /** A new source of the kind that is chosen. */
  readonly create: () => AudioSource | undefined;
}

/** What is listened to: a microphone, or a file. */
export function useSource(): ChosenSource {
  const [kind, setKind] = useState<SourceKind>('microphone');
  const [deviceId, setDeviceId] = useState<string>();
  const [recording, setRecording] = useState<Recording>();
  const [playback, setPlayback] = useState<Playback>();
  const obstacle = kind === 'microphone' ? microphoneObstacle() : undefined;

  const create = (): AudioSource | undefined => {
    if (kind === 'microphone') return new Microphone(deviceId);
    const made = recording && new Playback(recording);
    setPlayback(made);
    return made;
  };
  const choose: ChosenSource['choose'] = (change) => {
    if (change.kind !== undefined) setKind(change.kind);
    if ('deviceId' in change) setDeviceId(change.deviceId);
  };
  const isReady = kind === 'microphone' ? obstacle === undefined : recording !== undefined;
  return { kind, deviceId, recording, playback, obstacle, isReady, choose, setRecording, create };
}
