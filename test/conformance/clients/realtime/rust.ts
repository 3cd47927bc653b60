import { type Message, RealtimeClient } from '../../../helpers/realtime.ts';
import { boolean, integer, list, number, oneOf, picked, type Reader, text, Unreadable } from '../reader.ts';
import { byName, type Client, converse, finalTexts, type Outcome, sendBinary, type Use } from './client.ts';

/** `speechmatics` 0.4 for Rust: an enumeration of structs, in which a message has to fit one. */

const PIECE_BYTES = 8_192;
/** It has none; it gives up after messages instead. */
const START_LIMIT_MS = 20_000;
const MESSAGES_BEFORE_START = 5;

/** Its list is older than the service: of other types it learns nothing. */
const ERRORS = [
  ...['invalid_message', 'invalid_model', 'invalid_config', 'invalid_audio_type', 'not_authorised'],
  ...['insufficient_funds', 'not_allowed', 'job_error', 'data_error', 'buffer_error', 'protocol_error'],
  'unknown_error',
];

const told = { reason: text };
const optional = { code: integer, seq_no: integer };
const display = picked({ direction: oneOf('ltr', 'rtl') });
const alternative = picked(
  { content: text, confidence: number },
  { display, language: text, speaker: text, tags: list(text) },
);
const timed = { start_time: number, end_time: number };
const result = picked(
  { type: oneOf('word', 'punctuation', 'speaker_change'), ...timed },
  {
    alternatives: list(alternative),
    attaches_to: oneOf('next', 'previous', 'none', 'both'),
    channel: text,
    is_eos: boolean,
    score: number,
  },
);
const transcript = picked(
  { metadata: picked({ ...timed, transcript: text }), results: list(result) },
  { format: text },
);
const translation = picked(
  { language: text, results: list(picked({ content: text, ...timed }, { speaker: text })) },
  { format: text },
);

const started: Reader = picked({}, { id: text });
const error: Reader = picked({ ...told, type: oneOf(...ERRORS) }, optional);

const readRunning = byName(
  {
    RecognitionStarted: started,
    Info: picked(
      { ...told, type: oneOf('recognition_quality', 'model_redirect', 'deprecated') },
      { ...optional, quality: text },
    ),
    Warning: picked(
      { ...told, type: oneOf('duration_limit_exceeded') },
      { ...optional, duration_limit: number },
    ),
    Error: error,
    AddTranscript: transcript,
    AddPartialTranscript: transcript,
    AddTranslation: translation,
    AddPartialTranslation: translation,
    AudioAdded: picked({ seq_no: integer }),
    EndOfTranscript: picked({}),
  },
  'refused',
);

/** Before the start it passes over what is neither RecognitionStarted nor Error, a few times. */
function read(messages: readonly Message[]): void {
  const at = messages.findIndex(({ message }) => message === 'RecognitionStarted');
  const before = at < 0 ? messages : messages.slice(0, at);
  if (before.filter((one) => !isKnownError(one)).length > MESSAGES_BEFORE_START)
    throw new Unreadable(`$ has ${before.length} messages before RecognitionStarted`);
  readRunning(messages.slice(before.length));
}

function isKnownError(one: Message): boolean {
  return one.message === 'Error' && ERRORS.some((type) => type === one.type);
}

export const rust: Client = {
  read,
  async run(server, { key, audio, config = {}, translateTo = [] }: Use): Promise<Outcome> {
    const client = await RealtimeClient.connect(server, {
      key,
      path: '/v2/en?sm-sdk=rust-0.4.0',
      socket: {
        perMessageDeflate: false,
        finishRequest: (request) => {
          request.setHeader('connection', 'keep-alive, Upgrade');
          request.end();
        },
      },
    });
    let wasPinged = false;
    client.socket.on('ping', () => {
      wasPinged = true;
    });
    let sent = 0;
    const end = await converse(client, audio, {
      start: {
        audio_format: { type: 'file' },
        message: 'StartRecognition',
        transcription_config: { language: 'en', ...config },
        translation_config: { target_languages: translateTo },
      },
      startLimitMs: START_LIMIT_MS,
      pieceBytes: PIECE_BYTES,
      send: async (piece) => {
        await sendBinary(client, piece);
        sent += 1;
      },
      lastSeqNo: () => sent,
    });
    // It drops the connection, without a closing handshake.
    client.socket.terminate();
    if (wasPinged) throw new Error('it takes a ping for a message');
    const { messages } = client;
    const failure = failureOf(end);
    return { messages, text: finalTexts(messages).join(' '), ...(failure && { error: failure }) };
  },
};

const failureOf = (end: Message | undefined): string | undefined => {
  if (end?.message === 'EndOfTranscript') return undefined;
  return end && isKnownError(end)
    ? `Received error from server ${end.reason}`
    : 'Failed to receive message from the server';
};
