import type { Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { boolean, filled, list, number, picked, type Reader, struct, text, Unreadable } from '../reader.ts';
import { byName, type Client, converse, type Outcome, reasonOf, type Use, within } from './client.ts';
import { connectRt, endedWell, readPython, rtHabits } from './python-rt.ts';
import { closePython } from './python-socket.ts';

/** `speechmatics-voice` 0.2 for Python: the client of `speechmatics-rt`, and turns made of what it hears. */

const VERSION = '0.2.8';
/** What its samples send at a time. */
const PIECE_BYTES = 320;
const BYTES_PER_SECOND = 32_000;
const TURN_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 5_000;

/** Who ends a turn: a silence that the server notices, or the application. */
type TurnsBy = 'silence' | 'application';

/** Models that take no null where they do not say so. */
const strict = (optional: Readonly<Record<string, Reader>>, others: 'ignored' | 'refused'): Reader =>
  struct({ optional, others, nulls: 'refused' });

const alternative = strict(
  { content: text, confidence: number, language: text, direction: text, speaker: text, tags: list(text) },
  'ignored',
);
const result = strict(
  {
    type: text,
    start_time: number,
    end_time: number,
    is_eos: boolean,
    attaches_to: text,
    volume: number,
    alternatives: filled(alternative),
  },
  'ignored',
);
const transcript = picked({ metadata: picked({ end_time: number }), results: list(result) });

/** A member too many, and the session has no id. */
const languagePack = strict(
  {
    adapted: boolean,
    itn: boolean,
    language_description: text,
    word_delimiter: text,
    writing_direction: text,
  },
  'refused',
);

const readVoice = byName(
  {
    RecognitionStarted: picked({ id: text, language_pack_info: languagePack }),
    AddTranscript: transcript,
    AddPartialTranscript: transcript,
  },
  'ignored',
);

const read: Client['read'] = (messages) => {
  readPython(messages);
  readVoice(messages);
  turnsOf(messages);
};

const configOf = (turnsBy: TurnsBy, config: object): object => ({
  language: 'en',
  enable_entities: false,
  audio_filtering_config: { volume_threshold: 0 },
  max_delay: 1,
  max_delay_mode: 'flexible',
  enable_partials: true,
  ...(turnsBy === 'silence' && { conversation_config: { end_of_utterance_silence_trigger: 0.5 } }),
  operating_point: 'enhanced',
  ...config,
});

/** Without speakers: in each of its presets they are told apart. */
export const pythonVoice = (turnsBy: TurnsBy): Client => ({
  read,
  async run(server, { key, audio, config = {} }: Use): Promise<Outcome> {
    const client = await connectRt(server, key, `sm-app=voice-sdk%2F${VERSION}&sm-voice-sdk=${VERSION}&`);
    const habits = rtHabits(client);
    let sentBytes = 0;
    let known: readonly Message[] = [];
    const end = await converse(client, audio, {
      ...habits,
      start: {
        message: 'StartRecognition',
        audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
        transcription_config: configOf(turnsBy, config),
      },
      pieceBytes: PIECE_BYTES,
      send: async (piece) => {
        await habits.send(piece);
        sentBytes += piece.length;
      },
      beforeEnd: async () => {
        if (turnsBy === 'application') {
          await pause(client);
          client.say({ message: 'ForceEndOfUtterance', timestamp: sentBytes / BYTES_PER_SECOND });
        }
        await client.next('EndOfUtterance', { limitMs: TURN_LIMIT_MS });
        // What comes while it leaves is not looked at.
        known = [...client.messages];
      },
      endLimitMs: STOP_LIMIT_MS,
    });
    const error = reasonOf(endedWell(end));
    await closePython(client);
    const { messages } = client;
    return { messages, text: turnsOf(known).join(' '), ...(error !== undefined && { error }) };
  },
});

/** An application ends the turn when it notices that nothing more is being said. */
async function pause(client: RealtimeClient): Promise<void> {
  const isPaused = () => {
    const last = client.messages.findLast(({ message }) => message === 'AddPartialTranscript');
    return last && (last.results as unknown[]).length === 0;
  };
  const paused = new Promise<void>((resolve) => {
    const look = () => {
      if (isPaused()) resolve();
    };
    client.socket.on('message', look);
    void client.closed.then(() => resolve());
    look();
  });
  await within(TURN_LIMIT_MS, 'a pause', paused);
}

interface Fragment {
  readonly content: string;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly isFinal: boolean;
  /** A mark that stands at the word before it. */
  readonly isAttached: boolean;
}

/**
 * The text of each turn. A final is only kept; what is shown is made anew at each partial, from the finals kept and the
 * words of that partial, and cut where its last fragment ends.
 */
function turnsOf(messages: readonly Message[]): string[] {
  const turns: string[] = [];
  let kept: Fragment[] = [];
  let shown: Fragment[] = [];
  let fromSeconds = 0;
  for (const message of messages) {
    const isFinal = message.message === 'AddTranscript';
    if (isFinal || message.message === 'AddPartialTranscript') {
      const all = [...kept.filter((one) => one.isFinal), ...fragmentsOf(message, isFinal)];
      kept = all.filter(({ startSeconds }) => startSeconds >= fromSeconds);
      if (kept[0]?.isAttached) kept.shift();
      const untilSeconds = kept.at(-1)?.endSeconds ?? 0;
      if (!isFinal) shown = kept.filter(({ endSeconds }) => endSeconds <= untilSeconds);
    }
    if (message.message !== 'EndOfUtterance' || shown.length === 0) continue;
    if (!shown.every((one) => one.isFinal)) throw new Unreadable('$ ends a turn with words that may change');
    turns.push(printed(shown));
    fromSeconds = shown.at(-1)?.endSeconds ?? 0;
    kept = kept.filter(({ startSeconds }) => startSeconds >= fromSeconds);
    shown = kept;
  }
  return turns;
}

interface Result {
  readonly start_time: number;
  readonly end_time: number;
  readonly attaches_to?: string;
  readonly alternatives: readonly { readonly content: string }[];
}

const fragmentsOf = ({ results }: Message, isFinal: boolean): Fragment[] =>
  (results as Result[]).map(({ start_time, end_time, attaches_to, alternatives }) => ({
    content: alternatives[0]?.content ?? '',
    startSeconds: start_time,
    endSeconds: end_time,
    isFinal,
    isAttached: attaches_to === 'previous',
  }));

const printed = (fragments: readonly Fragment[]): string =>
  fragments
    .map(({ content, isAttached }) => (isAttached ? content : ` ${content}`))
    .join('')
    .trim();
