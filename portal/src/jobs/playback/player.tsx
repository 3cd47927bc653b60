import { useEffect, useState } from 'react';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { clockTime } from '../../ui/data/clock-time.ts';
import { Field } from '../../ui/field/field.tsx';
import { Select } from '../../ui/field/select.tsx';
import { PauseIcon, PlayIcon } from '../../ui/icons/icons.tsx';
import styles from './player.module.css';
import { togglePlaying, usePlayerState } from './use-playback.ts';

const SPEEDS = ['0.75', '1', '1.25', '1.5', '1.75', '2'] as const;
const SPEED_OPTIONS = SPEEDS.map((value) => ({ value, label: `${value}×` }));

interface PlayerProps {
  readonly audio: HTMLAudioElement | null;
  /** Of the recording, until the browser knows better. */
  readonly durationSeconds: number;
}

/** Plays the recording. Stays at the foot of the screen while one reads. */
export function Player({ audio, durationSeconds }: PlayerProps) {
  const { isPlaying, seconds, duration } = usePlayerState(audio);
  const length = Number.isFinite(duration) ? duration : durationSeconds;
  const seek = (to: number) => {
    if (audio !== null) audio.currentTime = to;
  };
  return (
    <section className={styles.player} aria-label="Recording">
      <IconButton
        className={styles.play}
        label={isPlaying ? 'Pause' : 'Play'}
        icon={isPlaying ? <PauseIcon /> : <PlayIcon />}
        disabled={audio === null}
        onClick={() => audio !== null && togglePlaying(audio)}
      />
      <span className={styles.time}>{clockTime(seconds)}</span>
      <input
        type="range"
        className={styles.slider}
        aria-label="Position"
        aria-valuetext={`${clockTime(seconds)} of ${clockTime(length)}`}
        min={0}
        max={Math.max(length, 0.1)}
        step={length > 600 ? 5 : 1}
        value={Math.min(seconds, length)}
        disabled={audio === null}
        onChange={(event) => seek(Number(event.currentTarget.value))}
      />
      <span className={styles.time}>{clockTime(length)}</span>
      <Speed audio={audio} />
    </section>
  );
}

function Speed({ audio }: { readonly audio: HTMLAudioElement | null }) {
  const [speed, setSpeed] = useState<(typeof SPEEDS)[number]>('1');
  useEffect(() => {
    if (audio !== null) audio.playbackRate = Number(speed);
  }, [audio, speed]);
  return (
    <div className={styles.speed}>
      <Field label="Speed" isLabelHidden>
        <Select size="small" value={speed} options={SPEED_OPTIONS} onValueChange={setSpeed} />
      </Field>
    </div>
  );
}
