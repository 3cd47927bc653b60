import { type Address, ask } from '../../../helpers/api.ts';
import type { Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { integer, list, number, picked, type Reader, text } from '../reader.ts';
import {
  byName,
  type Client,
  converse,
  endOf,
  finalTexts,
  formatOf,
  type Outcome,
  reasonOf,
  sendBinary,
  type Use,
} from './client.ts';
import { closePython, connectPython, ping } from './python-socket.ts';

/** `speechmatics-rt` 1.2 for Python, its `AsyncClient` and `AsyncMultiChannelClient`. */

const SDK = 'sm-sdk=python-rt-sdk-v1.2.1';
const MAX_MESSAGE_BYTES = 2 ** 20;
const START_LIMIT_MS = 5_000;
const PIECE_BYTES = 4_096;

const alternative = picked({ content: text, confidence: number });
const timed = { start_time: number, end_time: number };
/** What `TranscriptResult` is made of. */
const transcript: Reader = picked({
  metadata: picked({ ...timed, transcript: text }),
  results: list(picked({ type: text, ...timed }, { alternatives: list(alternative) })),
});

/** Messages it has no handler for are passed over. */
export const readPython = byName(
  {
    RecognitionStarted: picked({ id: text }),
    AudioAdded: picked({ seq_no: integer }),
    AddTranscript: transcript,
    AddPartialTranscript: transcript,
    Warning: picked({ reason: text }),
    Error: picked({ reason: text }),
  },
  'ignored',
);

/** Its members are data classes: what the application did not set is not sent, but for these two. */
const startOf = (use: Use, more: object = {}): object => {
  const { config = {}, translateTo } = use;
  return {
    message: 'StartRecognition',
    audio_format: formatOf(use),
    transcription_config: { language: 'en', model: 'enhanced', ...config, ...more },
    ...(translateTo && { translation_config: { target_languages: translateTo } }),
  };
};

export const connectRt = (server: Address, key: string, query = '') =>
  connectPython(server, { key, path: `/v2?${query}${SDK}`, maxBytes: MAX_MESSAGE_BYTES });

/** Counts what was confirmed, and on from there what was sent: neither the one nor the other. */
export function rtHabits(client: RealtimeClient) {
  let seqNo = 0;
  client.socket.on('message', () => {
    const last = client.messages.at(-1);
    if (last?.message === 'AudioAdded') seqNo = Number(last.seq_no);
  });
  return {
    startLimitMs: START_LIMIT_MS,
    pieceBytes: PIECE_BYTES,
    send: async (piece: Uint8Array) => {
      await sendBinary(client, piece);
      seqNo += 1;
    },
    lastSeqNo: () => seqNo,
  };
}

/** After EndOfStream it waits, without a limit, for either message: a bare close would leave it hanging. */
export function endedWell(end: Message | undefined): Message {
  if (!end) throw new Error('it waits for EndOfTranscript or Error for ever');
  return end;
}

export const pythonRt: Client = {
  read: readPython,
  mint: mintInPython,
  async run(server, use): Promise<Outcome> {
    const client = await connectRt(server, use.key);
    const habits = { ...rtHabits(client), start: startOf(use), beforeEnd: () => ping(client) };
    const end = endedWell(await converse(client, use.audio, habits));
    await closePython(client);
    const error = reasonOf(end);
    const { messages } = client;
    return { messages, text: finalTexts(messages).join(''), ...(error !== undefined && { error }) };
  },
};

interface ChannelsUse extends Omit<Use, 'audio'> {
  /** By label. */
  readonly channels: Readonly<Record<string, readonly Uint8Array[]>>;
  /** The application waits for the end, which the client itself does not. */
  readonly waits: boolean;
}

/** Pieces in turn, until the first channel has no more; then the end of each, and it leaves. */
export async function runChannels(server: Address, use: ChannelsUse): Promise<readonly Message[]> {
  const { channels, waits } = use;
  const labels = Object.keys(channels);
  const client = await connectRt(server, use.key);
  const end = endOf(client);
  const more = { diarization: 'channel', channel_diarization_labels: labels };
  client.say(startOf({ ...use, audio: () => [] }, more));
  await client.next('RecognitionStarted', { limitMs: START_LIMIT_MS });
  const rounds = Math.min(...Object.values(channels).map(({ length }) => length));
  for (let round = 0; round < rounds; round += 1) {
    for (const [channel, pieces] of Object.entries(channels)) {
      const data = Buffer.from(pieces[round] ?? []).toString('base64');
      client.say({ message: 'AddChannelAudio', channel, data });
    }
  }
  for (const channel of labels) client.say({ message: 'EndOfChannel', channel, last_seq_no: rounds });
  if (waits) endedWell(await end);
  await closePython(client);
  return client.messages;
}

/** `JWTAuth`: nothing but 201 is a success to it. */
async function mintInPython(server: Address, apiKey: string): Promise<string> {
  const answer = await ask(server, '/v1/api_keys?type=rt', {
    method: 'POST',
    key: apiKey,
    headers: { 'content-type': 'application/json', 'x-request-id': '8d1a0f5e-90b5-4a2f-a2b9-5a1d7a5b6c11' },
    body: JSON.stringify({ ttl: 60, region: 'eu' }),
  });
  if (answer.status !== 201) throw new Error(`minting answered ${answer.status}`);
  return answer.json<{ key_value: string }>().key_value;
}
