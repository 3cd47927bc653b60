import { languagePack } from '../../transcripts/language-pack.ts';
import { FRAME_SECONDS } from '../segments/frames.ts';
import type { Hearing, TimedToken } from '../segments/place-words.ts';

/** What a model made of a stretch of speech. Times are seconds from its start. */
export interface Heard {
  readonly text: string;
  readonly tokens: readonly string[];
  /** Where each token begins; empty when the model does not tell. */
  readonly timestamps: readonly number[];
  /** How long each token lasts; empty when the model does not tell. */
  readonly durations: readonly number[];
  /** Logarithm of each token's probability; empty when the model does not tell. */
  readonly logProbabilities: readonly number[];
}

/** As the embedded engine's voice activity detection. */
const SPEECH = 0.35;
/** A token found farther ahead in the text is another one of the same letters. */
const MAX_GAP = 12;

/**
 * The text cut into pieces with times and probabilities. Where the model gives no times, the pieces share the
 * stretch in which somebody speaks by their length; where it gives no probabilities, they are 1.
 */
export function timedTokens(heard: Heard, hearing: Hearing, language: string): TimedToken[] {
  const pieces = cutText(heard);
  const spans = heard.timestamps.length === heard.tokens.length ? given(heard, hearing) : undefined;
  const shared = share(pieces, hearing);
  const timed = pieces.map(({ text, token }, index) => ({
    text,
    ...(spans?.[token] ?? shared[index] ?? { startSeconds: 0, endSeconds: 0 }),
    probability: Math.min(1, Math.exp(heard.logProbabilities[token] ?? 0)),
  }));
  return languagePack(language).wordDelimiter === '' ? separateWords(timed, language) : timed;
}

interface Piece {
  readonly text: string;
  /** Index of the token it comes from. */
  readonly token: number;
}

/**
 * Finds the tokens in the text, which is the authority: libraries write tokens with marks of their own, and
 * models that format their text say more than their tokens. What lies between two tokens goes to the second.
 */
function cutText({ text, tokens }: Heard): Piece[] {
  const pieces: Piece[] = [];
  const lower = text.toLowerCase();
  let position = 0;
  tokens.forEach((raw, token) => {
    const core = raw.replaceAll('▁', ' ').replace(/@@$/, '').trim().toLowerCase();
    const at = core === '' ? -1 : lower.indexOf(core, position);
    if (at < 0 || at > position + MAX_GAP) return;
    pieces.push({ text: text.slice(position, at + core.length), token });
    position = at + core.length;
  });
  const rest = text.slice(position);
  const last = pieces.pop();
  if (rest === '' && !last) return [];
  return [...pieces, { text: `${last?.text ?? ''}${rest}`, token: last?.token ?? 0 }];
}

interface Span {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

function given({ timestamps, durations }: Heard, { lengthSeconds }: Hearing): Span[] {
  return timestamps.map((startSeconds, index) => {
    const next = timestamps[index + 1] ?? lengthSeconds;
    const duration = durations[index];
    const endSeconds = duration === undefined ? next : Math.min(next, startSeconds + duration);
    return { startSeconds, endSeconds: Math.max(startSeconds, endSeconds) };
  });
}

function share(pieces: readonly Piece[], { speech, lengthSeconds }: Hearing): Span[] {
  const first = Math.max(
    0,
    speech.findIndex((probability) => probability >= SPEECH),
  );
  const last = speech.findLastIndex((probability) => probability >= SPEECH);
  const startSeconds = first * FRAME_SECONDS;
  const endSeconds = last < 0 ? lengthSeconds : Math.min(lengthSeconds, (last + 1) * FRAME_SECONDS);
  const letters = pieces.reduce((sum, { text }) => sum + text.length, 0);
  const perLetter = (endSeconds - startSeconds) / Math.max(1, letters);
  let position = 0;
  return pieces.map(({ text }) => {
    const start = startSeconds + position * perLetter;
    position += text.length;
    return { startSeconds: start, endSeconds: startSeconds + position * perLetter };
  });
}

/** Puts a space before each word of a language that is written without. */
function separateWords(tokens: readonly TimedToken[], language: string): TimedToken[] {
  const whole = tokens.map(({ text }) => text).join('');
  const words = new Intl.Segmenter(language, { granularity: 'word' }).segment(whole);
  const starts = new Set([...words].filter(({ isWordLike }) => isWordLike).map(({ index }) => index));
  let position = 0;
  return tokens.map((token) => {
    const start = position;
    position += token.text.length;
    const text = token.text
      .split('')
      .map((unit, index) => (starts.has(start + index) ? ` ${unit}` : unit))
      .join('');
    return { ...token, text };
  });
}
