import { memo } from 'react';
import { clockTime } from '../../ui/data/clock-time.ts';
import { type Heard, type Paragraph, type Token, UNCERTAIN } from './heard.ts';
import styles from './transcript.module.css';

interface SessionTextProps {
  readonly heard: Heard;
  /** Says when it was and what it came from, where there is more than one. */
  readonly hasHead: boolean;
  readonly hasPartial: boolean;
}

const timeOfDay = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' });

/** What was heard in one session: final words, and after them the guess at what comes. */
export function SessionText({ heard, hasHead, hasPartial }: SessionTextProps) {
  const { paragraphs, partial, isRightToLeft } = heard;
  const last = paragraphs.length - 1;
  const guess = partial === '' || !hasPartial ? null : <i className={styles.partial}>{partial}</i>;
  return (
    <div className={styles.session} lang={heard.config.language} dir={isRightToLeft ? 'rtl' : 'ltr'}>
      {hasHead ? (
        <p className={styles.sessionHead} lang="en" dir="ltr">
          {timeOfDay.format(heard.startedAt)} · {heard.source}
        </p>
      ) : null}
      {paragraphs.map((paragraph, at) => (
        <div className={styles.paragraph} key={paragraph.startSeconds}>
          <span className={styles.time}>{clockTime(paragraph.startSeconds)}</span>
          <p>
            <Words paragraph={paragraph} />
            {at === last ? guess : null}
          </p>
        </div>
      ))}
      {paragraphs.length === 0 && guess !== null ? (
        <div className={styles.paragraph}>
          <span />
          <p>{guess}</p>
        </div>
      ) : null}
    </div>
  );
}

/** Drawn once: final words do not change. */
const Words = memo(function Words({ paragraph }: { readonly paragraph: Paragraph }) {
  return paragraph.tokens.map((token, at) => <Word key={String(at)} token={token} />);
});

function Word({ token }: { readonly token: Token }) {
  if (!token.isWord) return `${token.gap}${token.text}`;
  return (
    <>
      {token.gap}
      <span
        className={token.confidence < UNCERTAIN ? styles.uncertain : styles.word}
        tabIndex={-1}
        data-word={wordDetails(token)}
      >
        {token.text}
      </span>
    </>
  );
}

/** "0:02.14 to 0:02.60, confidence 97 %". */
function wordDetails({ startSeconds, endSeconds, confidence }: Token): string {
  const hint = confidence < UNCERTAIN ? ', uncertain' : '';
  return `${exact(startSeconds)} to ${exact(endSeconds)}, confidence ${Math.round(confidence * 100)} %${hint}`;
}

const exact = (seconds: number): string => `${clockTime(seconds)}.${(seconds % 1).toFixed(2).slice(2)}`;
