import { memo, type RefObject, useCallback, useDeferredValue } from 'react';
import { clockTime } from '../../ui/data/clock-time.ts';
import styles from './transcript.module.css';
import type { Turn } from './turns.ts';

interface TurnListProps {
  readonly turns: readonly Turn[];
  /** Takes the element of each word. */
  readonly elements: RefObject<(HTMLElement | undefined)[]>;
}

/** Below this the engine was not sure of a word. */
export const UNSURE = 0.5;
const FIRST_TURNS = 30;
const WORDS_A_LINE = 11;
const LINE_PIXELS = 28;

/**
 * The text. It is drawn once: what is played, found or pointed at is marked on the elements of the words, because to
 * draw twenty thousand words anew would take longer than a frame.
 */
export const TurnList = memo(function TurnList({ turns, elements }: TurnListProps) {
  const colours = speakerColours(turns);
  // What fills the screen comes first, the rest while nobody waits for it.
  const drawn = useDeferredValue(turns, turns.slice(0, FIRST_TURNS));
  return (
    <div
      className={styles.turns}
      data-has-speakers={colours.size > 0}
      aria-busy={drawn.length < turns.length}
    >
      {drawn.map((turn) => (
        <TurnBlock key={turn.first} turn={turn} colour={colours.get(turn.speaker)} elements={elements} />
      ))}
    </div>
  );
});

interface TurnBlockProps {
  readonly turn: Turn;
  readonly colour: number | undefined;
  readonly elements: RefObject<(HTMLElement | undefined)[]>;
}

function TurnBlock({ turn, colour, elements }: TurnBlockProps) {
  const { first, words, speaker, isContinued } = turn;
  const collect = useCallback(
    (paragraph: HTMLParagraphElement | null) => {
      if (paragraph === null) return;
      for (const [place, child] of [...paragraph.children].entries()) {
        if (child instanceof HTMLElement) elements.current[first + place] = child;
      }
    },
    [elements, first],
  );
  const lines = Math.ceil(words.length / WORDS_A_LINE);
  return (
    <div
      className={styles.turn}
      data-is-continued={isContinued}
      style={{ containIntrinsicBlockSize: `auto ${lines * LINE_PIXELS + (isContinued ? 0 : 24)}px` }}
    >
      <div className={styles.turnHead}>
        {speaker === undefined || isContinued ? null : (
          <h2 className={styles.speaker} data-colour={colour}>
            <bdi>{speaker}</bdi>
          </h2>
        )}
        <span className={styles.turnTime}>{clockTime(words[0]?.start ?? 0)}</span>
      </div>
      <p ref={collect} className={styles.words} dir="auto">
        {words.map(({ text, lead, confidence }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the words of a transcript never change
          <WordText key={place} text={text} lead={place === 0 ? '' : lead} confidence={confidence} />
        ))}
      </p>
    </div>
  );
}

interface WordTextProps {
  readonly text: string;
  readonly lead: string;
  readonly confidence: number;
}

function WordText({ text, lead, confidence }: WordTextProps) {
  const isUnsure = confidence < UNSURE;
  return (
    <>
      {lead}
      {isUnsure ? (
        <span className={styles.unsure} title={`Confidence ${Math.round(confidence * 100)} %`}>
          {text}
        </span>
      ) : (
        <span>{text}</span>
      )}
    </>
  );
}

const COLOURS = 6;

/** Speakers in the order in which they appear. */
function speakerColours(turns: readonly Turn[]): ReadonlyMap<string | undefined, number> {
  const colours = new Map<string | undefined, number>();
  for (const { speaker } of turns) {
    if (speaker !== undefined && !colours.has(speaker)) colours.set(speaker, (colours.size % COLOURS) + 1);
  }
  return colours;
}
