import { useMemo, useRef } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { CopyButton } from '../../ui/button/copy-button.tsx';
import { EmptyState } from '../../ui/feedback/empty-state.tsx';
import { MicrophoneIcon } from '../../ui/icons/icons.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import styles from './transcript.module.css';
import { TranscriptSearch } from './transcript-search.tsx';
import { TurnList, UNSURE } from './turn-list.tsx';
import { plainText, type Transcript, type Turn, turnsOf } from './turns.ts';
import { useSpokenWord } from './use-spoken-word.ts';
import { useWordCursor } from './use-word-cursor.ts';

interface TranscriptViewProps {
  readonly transcript: Transcript;
  /** The recording, where it can be played. */
  readonly audio: HTMLAudioElement | null;
  readonly searched: string;
  readonly onSearch: (text: string) => void;
}

/** A transcript to read, search and listen along with. */
export function TranscriptView({ transcript, audio, searched, onSearch }: TranscriptViewProps) {
  const turns = useMemo(() => turnsOf(transcript), [transcript]);
  if (turns.length === 0) {
    return (
      <EmptyState icon={<MicrophoneIcon size={20} />} title="No speech was recognised">
        The recording is silent, or the engine understood none of it.
      </EmptyState>
    );
  }
  return <Text turns={turns} audio={audio} searched={searched} onSearch={onSearch} />;
}

interface TextProps extends Omit<TranscriptViewProps, 'transcript'> {
  readonly turns: readonly Turn[];
}

function Text({ turns, audio, searched, onSearch }: TextProps) {
  const text = useRef<HTMLDivElement>(null);
  const elements = useRef<(HTMLElement | undefined)[]>([]);
  const { isFollowing, setFollowing } = useSpokenWord({ turns, elements, audio });
  useWordCursor({ text, elements, turns, audio });
  const whole = useMemo(() => plainText(turns), [turns]);
  return (
    <>
      <div className={styles.toolbar}>
        <TranscriptSearch turns={turns} elements={elements} text={searched} onTextChange={onSearch} />
        <span className={styles.tools}>
          {isFollowing || audio === null ? null : (
            <Button size="small" onClick={() => setFollowing(true)}>
              Follow the recording
            </Button>
          )}
          <CopyButton text={whole} label="Copy text" />
        </span>
      </div>
      <UnsureNote turns={turns} />
      <div ref={text} data-transcript>
        <VisuallyHidden>
          Arrow keys move from word to word and from turn to turn, Enter goes to where a word is spoken, the
          space bar plays and pauses.
        </VisuallyHidden>
        <TurnList turns={turns} elements={elements} />
      </div>
    </>
  );
}

function UnsureNote({ turns }: { readonly turns: readonly Turn[] }) {
  const count = turns.reduce(
    (sum, { words }) => sum + words.filter(({ confidence }) => confidence < UNSURE).length,
    0,
  );
  if (count === 0) return null;
  return (
    <p className={styles.note}>
      <span className={styles.unsure}>Underlined</span>: the engine was not sure of{' '}
      {count === 1 ? 'this word' : `these ${count} words`}.
    </p>
  );
}
