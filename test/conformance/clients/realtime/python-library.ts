import { type Address, ask } from '../../../helpers/api.ts';
import type { Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { filled, list, picked, type Reader, text } from '../reader.ts';
import {
  byName,
  type Client,
  converse,
  formatOf,
  type Outcome,
  reasonOf,
  sendBinary,
  type Use,
  within,
} from './client.ts';
import { closePython, connectPython, ping } from './python-socket.ts';

/** `speechmatics-python` 5, the older library, and `speechmatics rt transcribe`, its command line. */

const VERSION = '5.0.0.post1';
const PIECE_BYTES = 4_096;
const PLACE_LIMIT_MS = 120_000;
/** It would wait for ever. */
const START_LIMIT_MS = 20_000;

const alternatives = list(picked({ content: text }));
const result: Reader = picked(
  { type: text, alternatives },
  { attaches_to: text, written_form: filled(picked({ type: text, alternatives })) },
);
const transcript = picked({ results: list(result) }, { channel: text });

/** Messages it does not know are passed over, since that version. */
const read = byName(
  {
    RecognitionStarted: picked({}, { language_pack_info: picked({ word_delimiter: text }) }),
    AddTranscript: transcript,
    AddPartialTranscript: transcript,
    Warning: picked({ reason: text }),
    Error: picked({ reason: text }),
  },
  'ignored',
);

interface Kind {
  /** What it calls itself, in the query. */
  readonly sdk: string;
  /** Messages that may wait to be confirmed. */
  readonly places: number;
  readonly defaults: object;
}

const olderClient = ({ sdk, places, defaults }: Kind): Client => ({
  read,
  mint: mintOfLibrary,
  async run(server, use): Promise<Outcome> {
    // The language is put behind whatever path it is given.
    const client = await connectPython(server, { key: use.key, path: `/v2/en?sm-sdk=${sdk}-${VERSION}` });
    const config = { language: 'en', ...defaults, ...use.config };
    const sender = boundedSender(client, places);
    let change = changeOf(use, config);
    const end = await converse(client, use.audio, {
      start: { ...startOf(use, config), message: 'StartRecognition', audio_format: formatOf(use) },
      startLimitMs: START_LIMIT_MS,
      pieceBytes: PIECE_BYTES,
      send: async (piece) => {
        await sender.send(piece);
        if (change) client.say(change);
        change = undefined;
      },
      beforeEnd: () => ping(client),
      lastSeqNo: sender.sent,
    });
    sender.check();
    if (!end) throw new Error('it takes a close without a message for the end of the transcript');
    await closePython(client);
    const error = reasonOf(end);
    const { messages } = client;
    return { messages, text: printed(messages), ...(error !== undefined && { error }) };
  },
});

export const pythonLibrary = olderClient({ sdk: 'python', places: 512, defaults: {} });

/** With `--buffer-size 4`. */
export const pythonCli = olderClient({
  sdk: 'python-cli',
  places: 4,
  defaults: { max_delay_mode: 'flexible' },
});

const startOf = ({ translateTo }: Use, config: object): object => ({
  transcription_config: config,
  ...(translateTo && { translation_config: { target_languages: translateTo, enable_partials: false } }),
});

/** The whole config, with all that cannot change. */
const changeOf = (use: Use, config: object): object | undefined =>
  use.change && {
    ...startOf(use, { ...config, ...use.change }),
    message: 'SetRecognitionConfig',
  };

/**
 * A message takes a place, a confirmation gives one back. One that is missing holds everything up; one too many is an
 * error that ends the session.
 */
function boundedSender(client: RealtimeClient, places: number) {
  let sent = 0;
  let confirmed = 0;
  let next = () => {};
  client.socket.on('message', () => {
    if (client.messages.at(-1)?.message !== 'AudioAdded') return;
    confirmed += 1;
    if (confirmed > sent) client.socket.terminate();
    next();
  });
  const place = () =>
    new Promise<void>((resolve) => {
      next = () => {
        if (sent - confirmed < places) resolve();
      };
      void client.closed.then(() => resolve());
      next();
    });
  return {
    send: async (piece: Uint8Array) => {
      await within(PLACE_LIMIT_MS, 'a place in the buffer', place());
      sent += 1;
      await sendBinary(client, piece);
    },
    sent: () => sent,
    check: () => {
      if (confirmed > sent) throw new Error(`${confirmed} confirmations of ${sent} messages`);
    },
  };
}

interface Token {
  readonly type: string;
  readonly attaches_to?: string;
  readonly alternatives: readonly { readonly content: string }[];
}

/** A line for each final that has words, made of its results and not of its text. */
function printed(messages: readonly Message[]): string {
  const finals = messages.filter(({ message }) => message === 'AddTranscript');
  const lines = finals.map(({ results }) =>
    (results as Token[]).map(
      ({ type, alternatives: [first] }) => `${type === 'punctuation' ? '' : ' '}${first?.content}`,
    ),
  );
  return lines.map((tokens) => tokens.join('').trim()).join('\n');
}

/** As it does unless it is told not to. */
async function mintOfLibrary(server: Address, apiKey: string): Promise<string> {
  const answer = await ask(server, `/v1/api_keys?type=rt&sm-sdk=python-${VERSION}`, {
    method: 'POST',
    key: apiKey,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ttl: 60, region: 'eu' }),
  });
  if (answer.status >= 400) throw new Error(`minting answered ${answer.status}`);
  return answer.json<{ key_value: string }>().key_value;
}
