import type {
  RealtimeServerMessage,
  RecognitionResult,
  TranscriptionConfig,
} from '@speechmatics/real-time-client-react';

/** A word, or a mark between words. */
export interface Token {
  readonly text: string;
  /** What stands between this and the token before it. */
  readonly gap: string;
  readonly isWord: boolean;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly confidence: number;
}

export interface Paragraph {
  readonly startSeconds: number;
  readonly tokens: readonly Token[];
}

/** What was heard in one session. */
export interface Heard {
  readonly id: number;
  readonly startedAt: Date;
  /** "Microphone", or the name of a file. */
  readonly source: string;
  readonly config: TranscriptionConfig;
  readonly delimiter: string;
  readonly isRightToLeft: boolean;
  readonly paragraphs: readonly Paragraph[];
  /** The guess at what comes next, with what stands before it; each takes the place of the one before. */
  readonly partial: string;
  /** Final results, as the server sent them. */
  readonly results: readonly RecognitionResult[];
}

/** Below this a word is marked as uncertain: most that were not said score less. */
export const UNCERTAIN = 0.5;

const PAUSE_SECONDS = 2;
const LONG_PARAGRAPH_TOKENS = 80;

/** A session of which nothing is heard yet. */
export const silent = (id: number, source: string, config: TranscriptionConfig): Heard => ({
  id,
  startedAt: new Date(),
  source,
  config,
  delimiter: ' ',
  isRightToLeft: false,
  paragraphs: [],
  partial: '',
  results: [],
});

/** What a message of the server changes; the same object when it changes nothing. */
export function hear(heard: Heard, data: RealtimeServerMessage): Heard {
  switch (data.message) {
    case 'RecognitionStarted':
      return { ...heard, ...scriptOf(data) };
    case 'AddTranscript':
      if (data.results.length === 0) return heard;
      return {
        ...heard,
        results: [...heard.results, ...data.results],
        paragraphs: tokensOf(data.results, heard.delimiter).reduce(withToken, heard.paragraphs),
      };
    case 'AddPartialTranscript':
      return { ...heard, partial: paragraphText({ tokens: tokensOf(data.results, heard.delimiter) }) };
    case 'EndOfTranscript':
      return { ...heard, partial: '' };
    default:
      return heard;
  }
}

/** The types of the client do not know all that a session begins with. */
function scriptOf(started: object): Pick<Heard, 'delimiter' | 'isRightToLeft'> {
  const { language_pack_info: pack = {} } = started as {
    language_pack_info?: { word_delimiter?: string; writing_direction?: string };
  };
  return {
    delimiter: pack.word_delimiter ?? ' ',
    isRightToLeft: pack.writing_direction === 'right-to-left',
  };
}

function withToken(paragraphs: readonly Paragraph[], token: Token): readonly Paragraph[] {
  const last = paragraphs.at(-1);
  if (last === undefined || beginsParagraph(last, token)) {
    return [...paragraphs, { startSeconds: token.startSeconds, tokens: [{ ...token, gap: '' }] }];
  }
  return [...paragraphs.slice(0, -1), { ...last, tokens: [...last.tokens, token] }];
}

const tokensOf = (results: readonly RecognitionResult[], delimiter: string): readonly Token[] =>
  results.map((result) => tokenOf(result, delimiter));

function tokenOf(result: RecognitionResult, delimiter: string): Token {
  const best = result.alternatives?.[0];
  return {
    text: best?.content ?? '',
    gap: isAttached(result) ? '' : delimiter,
    isWord: result.type !== 'punctuation',
    startSeconds: result.start_time,
    endSeconds: result.end_time,
    confidence: best?.confidence ?? 1,
  };
}

const isAttached = ({ type, attaches_to: attachesTo = 'previous' }: RecognitionResult): boolean =>
  type === 'punctuation' && (attachesTo === 'previous' || attachesTo === 'both');

/** After a long pause, or at a new sentence of a long paragraph. */
function beginsParagraph({ tokens }: Paragraph, next: Token): boolean {
  const last = tokens.at(-1);
  if (!next.isWord || last === undefined) return false;
  if (next.startSeconds - last.endSeconds > PAUSE_SECONDS) return true;
  return tokens.length > LONG_PARAGRAPH_TOKENS && !last.isWord && /[.!?。？！।]/.test(last.text);
}

/** The words of a paragraph as they are printed. */
export const paragraphText = ({ tokens }: Pick<Paragraph, 'tokens'>): string =>
  tokens.map(({ gap, text }) => gap + text).join('');

export const isEmpty = ({ paragraphs, partial }: Heard): boolean => paragraphs.length === 0 && partial === '';
