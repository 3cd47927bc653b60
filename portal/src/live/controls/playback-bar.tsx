import { IconButton } from '../../ui/button/icon-button.tsx';
import { clockTime } from '../../ui/data/clock-time.ts';
import { ProgressBar } from '../../ui/data/progress-bar.tsx';
import { PauseIcon, PlayIcon } from '../../ui/icons/icons.tsx';
import type { Playback } from '../audio/playback.ts';
import styles from './controls.module.css';
import { usePolled } from './use-polled.ts';

interface PlaybackBarProps {
  /** Undefined while nothing plays. */
  readonly playback: Playback | undefined;
  readonly durationSeconds: number;
}

/** How far a file has played, and a button to hold it. */
export function PlaybackBar({ playback, durationSeconds }: PlaybackBarProps) {
  const seconds = usePolled(() => Math.floor(playback?.positionSeconds ?? 0), 200);
  const isPaused = usePolled(() => playback?.isPaused === true, 200);
  // The button shows whether it plays now.
  const resume = () => playback?.resume().catch(() => undefined);
  return (
    <div className={styles.playback}>
      <IconButton
        size="small"
        label={isPaused ? 'Go on playing' : 'Pause'}
        icon={isPaused ? <PlayIcon /> : <PauseIcon />}
        disabled={playback === undefined}
        onClick={() => (isPaused ? resume() : playback?.pause())}
      />
      <div className={styles.playbackBar}>
        <ProgressBar label="Position in the file" isLabelHidden value={seconds / durationSeconds} />
      </div>
      <span className={styles.elapsed}>
        {clockTime(seconds)} of {clockTime(durationSeconds)}
      </span>
    </div>
  );
}
