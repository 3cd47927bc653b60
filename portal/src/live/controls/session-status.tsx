import { type BadgeTone, StatusBadge } from '../../ui/data/badge.tsx';
import { clockTime } from '../../ui/data/clock-time.ts';
import { Notice } from '../../ui/feedback/notice.tsx';
import type { SoundGauge } from '../audio/sound-gauge.ts';
import type { Phase } from '../session/session-runner.ts';
import styles from './controls.module.css';
import { SoundMeter } from './sound-meter.tsx';
import { usePolled } from './use-polled.ts';

interface SessionStatusProps {
  readonly phase: Phase;
  readonly gauge: SoundGauge;
}

const WORDS: Readonly<Record<Phase, readonly [tone: BadgeTone, words: string]>> = {
  idle: ['neutral', 'Ready'],
  starting: ['info', 'Starting'],
  listening: ['success', 'Listening'],
  stopping: ['info', 'Finishing'],
};

/** What goes on, for how long, and how loud it is. */
export function SessionStatus({ phase, gauge }: SessionStatusProps) {
  const [tone, words] = WORDS[phase];
  return (
    <div className={styles.status}>
      <span role="status" className={styles.phase}>
        <StatusBadge tone={tone} isActive={phase !== 'idle'}>
          {words}
        </StatusBadge>
      </span>
      <Elapsed gauge={gauge} />
      <SoundMeter gauge={gauge} isActive={phase === 'listening'} />
    </div>
  );
}

function Elapsed({ gauge }: { readonly gauge: SoundGauge }) {
  const seconds = usePolled(() => Math.floor(gauge.seconds), 200);
  return (
    <span role="timer" aria-label="Time heard" className={styles.elapsed}>
      {clockTime(seconds)}
    </span>
  );
}

const QUIET_SECONDS = 10;

/** Says that nothing is heard, while a microphone listens. */
export function QuietHint({ gauge }: { readonly gauge: SoundGauge }) {
  const isQuiet = usePolled(() => gauge.quietSeconds > QUIET_SECONDS, 1000);
  if (!isQuiet) return null;
  return (
    <Notice tone="warning" isLive title="Nothing has been heard for a while">
      <p>If you are speaking, check that the microphone is not muted, or stop and choose another one.</p>
    </Notice>
  );
}
