import { type Address, ask } from '../../../helpers/api.ts';
import { type Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { boolean, list, mapOf, number, type Reader, struct, text } from '../reader.ts';
import {
  byName,
  type Client,
  converse,
  finalTexts,
  formatOf,
  type Outcome,
  reasonOf,
  sendBinary,
  type Use,
} from './client.ts';

/** `Speechmatics.Realtime.Client` for .NET: a `ClientWebSocket`, and Json.NET into classes. */

const BLOCK_BYTES = 2_048;
const FRAGMENT_BYTES = 1_024;
const START_LIMIT_MS = 10_000;

const words: Reader = (value, path) => value === null || text(value, path);
/** Of value types (numbers, booleans) none may be null; what is missing has a default. */
const values = (members: Readonly<Record<string, Reader>>): Reader =>
  struct({ optional: members, others: 'ignored', nulls: 'refused' });

const alternative = values({ content: words, confidence: number, language: words });
const timed = { type: words, start_time: number, end_time: number, alternatives: list(alternative) };
const form = list(values(timed));
const result = values({
  ...timed,
  is_eos: boolean,
  attaches_to: words,
  entity_class: words,
  spoken_form: form,
  written_form: form,
});
const transcript = values({
  metadata: values({ transcript: words, start_time: number, end_time: number }),
  results: list(result),
});
const told = values({ type: words, reason: words, seq_no: number, duration_limit: number });

const read = byName(
  { AddTranscript: transcript, AddPartialTranscript: transcript, Warning: told, Error: told },
  'ignored',
);

export const dotnet: Client = {
  read,
  mint: mintInDotnet,
  async run(server, use): Promise<Outcome> {
    const client = await RealtimeClient.connect(server, {
      key: use.key,
      // As its README has it for containers.
      path: '/',
      socket: { perMessageDeflate: false },
    });
    let sent = 0;
    const end = await converse(client, use.audio, {
      start: startOf(use),
      startLimitMs: START_LIMIT_MS,
      pieceBytes: BLOCK_BYTES,
      send: async (block) => {
        await sendInFragments(client, block);
        sent += 1;
        if (sent === 1 && use.change) client.say(changeOf(use));
      },
      lastSeqNo: () => sent,
    });
    if (!end) throw new Error('it fails to parse a close, and waits for ever');
    // Disposed of, without a closing handshake.
    client.socket.terminate();
    const error = reasonOf(end);
    const { messages } = client;
    return { messages, text: shown(messages), ...(error !== undefined && { error }) };
  },
};

const configOf = ({ config = {} }: Use) => ({
  language: 'en',
  max_delay: 5,
  enable_partials: false,
  enable_entities: false,
  ...config,
});

const startOf = (use: Use): object => ({
  message: 'StartRecognition',
  audio_format: formatOf(use),
  transcription_config: configOf(use),
  ...(use.translateTo && {
    translation_config: { target_languages: use.translateTo, enable_partials: false },
  }),
});

/** These three, as they are and as they become. */
function changeOf(use: Use): object {
  const { language, max_delay, enable_partials } = { ...configOf(use), ...use.change };
  return { message: 'SetRecognitionConfig', transcription_config: { language, max_delay, enable_partials } };
}

/** The first kibibyte by itself, whatever follows. */
async function sendInFragments(client: RealtimeClient, block: Uint8Array): Promise<void> {
  const isLong = block.length > FRAGMENT_BYTES;
  if (isLong) await sendBinary(client, block.subarray(0, FRAGMENT_BYTES), { fin: false });
  await sendBinary(client, isLong ? block.subarray(FRAGMENT_BYTES) : block);
}

/** At the end it takes the last partial for text that no final has: so the last has to be empty. */
function shown(messages: readonly Message[]): string {
  const partial = messages.findLast(({ message }) => message === 'AddPartialTranscript');
  const rest = (partial?.metadata as { transcript: string } | undefined)?.transcript ?? '';
  return [...finalTexts(messages), rest].join('');
}

/** It reads the answer into a dictionary of texts: a list or an object in it would be more than it can take. */
async function mintInDotnet(server: Address, apiKey: string): Promise<string> {
  const answer = await ask(server, '/v1/api_keys?type=rt', {
    method: 'POST',
    key: apiKey,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: '{"ttl": 3600 }',
  });
  const key = answer.json();
  mapOf(words)(key, '$');
  return String(key.key_value);
}
