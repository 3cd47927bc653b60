import { Button } from '../../ui/button/button.tsx';
import { MicrophoneIcon, PlayIcon, StopIcon } from '../../ui/icons/icons.tsx';
import { Card } from '../../ui/layout/card.tsx';
import type { LiveSession } from '../session/use-live-session.ts';
import styles from './controls.module.css';
import { PlaybackBar } from './playback-bar.tsx';
import { SessionStatus } from './session-status.tsx';
import { SourcePicker } from './source-picker.tsx';
import type { ChosenSource } from './use-source.ts';

interface SessionCardProps {
  readonly session: LiveSession;
  readonly source: ChosenSource;
  readonly isReady: boolean;
  readonly onStart: () => void;
}

/** What is listened to, the button that starts and stops, and what goes on. */
export function SessionCard({ session, source, isReady, onStart }: SessionCardProps) {
  const { phase, gauge } = session;
  const { kind, playback, recording } = source;
  return (
    <Card>
      <div className={styles.session}>
        <SourcePicker source={source} isDisabled={phase !== 'idle'} />
        <div className={styles.action}>
          <StartButton session={session} kind={kind} isReady={isReady} onStart={onStart} />
          <SessionStatus phase={phase} gauge={gauge} />
        </div>
        {kind === 'file' && recording !== undefined ? (
          <PlaybackBar
            playback={phase === 'listening' ? playback : undefined}
            durationSeconds={recording.durationSeconds}
          />
        ) : null}
      </div>
    </Card>
  );
}

interface StartButtonProps {
  readonly session: LiveSession;
  readonly kind: ChosenSource['kind'];
  readonly isReady: boolean;
  readonly onStart: () => void;
}

/** One button, so that the focus stays where it is when it changes. */
function StartButton({ session, kind, isReady, onStart }: StartButtonProps) {
  const isListening = session.phase === 'listening' || session.phase === 'stopping';
  const StartIcon = kind === 'microphone' ? MicrophoneIcon : PlayIcon;
  return (
    <Button
      variant={isListening ? 'danger' : 'primary'}
      icon={isListening ? <StopIcon /> : <StartIcon />}
      isBusy={session.phase === 'starting' || session.phase === 'stopping'}
      disabled={session.phase === 'idle' && !isReady}
      className={styles.start}
      onClick={isListening ? session.stop : onStart}
    >
      {isListening ? 'Stop' : 'Start'}
    </Button>
  );
}
