import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../../helpers/api.ts';
import { newKey, send } from '../../helpers/management.ts';
import {
  inPieces,
  type Message,
  RealtimeClient,
  samplesOfWav,
  wordErrorRate,
} from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';
import { type Client, finalTexts, type Source, type Use } from '../clients/realtime/client.ts';
import { dotnet } from '../clients/realtime/dotnet.ts';
import { pythonCli, pythonLibrary } from '../clients/realtime/python-library.ts';
import { pythonRt, runChannels } from '../clients/realtime/python-rt.ts';
import { pythonVoice } from '../clients/realtime/python-voice.ts';
import { rust } from '../clients/realtime/rust.ts';

/**
 * Real-time clients that are outside npm, played by models: each says what the client says, with its habits, and reads
 * what it hears as strictly as the client.
 */
let server: RunningServer;
let apiKey: string;
let wav: Uint8Array;
let samples: Uint8Array;
beforeAll(async () => {
  server = await startServer();
  apiKey = server.bootstrap.api_key;
  wav = await readClip();
  samples = samplesOfWav(wav);
});
afterAll(() => server?.stop());

const BYTES_PER_SECOND = 32_000;
const SILENT_SECOND = new Uint8Array(BYTES_PER_SECOND);

const recording =
  (bytes: Uint8Array): Source =>
  (pieceBytes) =>
    inPieces(bytes, pieceBytes);

const microphone = (bytes: Uint8Array): Source =>
  async function* (pieceBytes) {
    const startedMs = performance.now();
    for (const [index, piece] of inPieces(bytes, pieceBytes).entries()) {
      const spokenMs = (index * pieceBytes * 1_000) / BYTES_PER_SECOND;
      await sleep(Math.max(0, startedMs + spokenMs - performance.now()));
      yield piece;
    }
  };

/** Something happens after the first piece, and the application goes on speaking. */
const interrupted = (act: () => Promise<unknown>): Source =>
  async function* (pieceBytes) {
    for (const [index, piece] of inPieces(wav, pieceBytes).entries()) {
      yield piece;
      if (index === 0) await act();
      else await sleep(50);
    }
  };

const file = (): Partial<Use> & Pick<Use, 'audio'> => ({
  audio: recording(wav),
  config: { enable_partials: true, max_delay: 1 },
});
const voice = () => ({ audio: microphone(Buffer.concat([samples, SILENT_SECOND])) });

const CLIENTS: [name: string, client: Client, use: () => Pick<Use, 'audio'>][] = [
  ['Python', pythonRt, file],
  ['voices in Python, where silence ends a turn', pythonVoice('silence'), voice],
  ['voices in Python, where the application ends a turn', pythonVoice('application'), voice],
  ['the older library for Python', pythonLibrary, file],
  ['its command line', pythonCli, file],
  ['Rust', rust, file],
  ['.NET', dotnet, file],
];

const OF_FILES = CLIENTS.filter(([, , use]) => use === file);

describe.concurrent('with real speech', () => {
  it.each(CLIENTS)(
    'the client for %s hears what was said, with a key it gets itself',
    async (_, client, use) => {
      const key = (await client.mint?.(server, apiKey)) ?? apiKey;
      const { messages, text, error } = await client.run(server, { key, ...use() });
      expect(error).toBeUndefined();
      client.read(messages);
      expect(wordErrorRate(SHORT_CLIP_TEXT, text), text).toBeLessThan(0.2);
    },
  );

  it.each([
    ['the older library for Python', pythonLibrary],
    ['.NET', dotnet],
  ])('the client for %s changes its config by sending more of it than may change', async (_, client) => {
    const { messages, error } = await client.run(server, {
      key: apiKey,
      audio: recording(samples),
      isRaw: true,
      config: { enable_partials: false, enable_entities: false, operating_point: 'enhanced' },
      translateTo: ['de'],
      change: { enable_partials: true, max_delay: 2 },
    });
    expect(error).toBeUndefined();
    client.read(messages);
    expect(messages.some(({ message }) => message === 'AddPartialTranscript')).toBe(true);
  });

  it('the client for Python sends a file in each of two channels', async () => {
    const pieces = inPieces(wav, 4_096);
    const channels = { agent: pieces, caller: pieces };
    const messages = await runChannels(server, { key: apiKey, channels, waits: true });
    pythonRt.read(messages);
    for (const channel of Object.keys(channels)) {
      const own = messages.filter((one) => one.channel === channel);
      expect(wordErrorRate(SHORT_CLIP_TEXT, finalTexts(own).join(''))).toBeLessThan(0.2);
    }
  });
});

describe.each(CLIENTS)('the client for %s', (_, client, use) => {
  it('has no connection with a key that is none', async () => {
    await expect(client.run(server, { key: 'nonsense', ...use() })).rejects.toThrow('401');
  });

  it('is told why its config is refused', async () => {
    const { messages, error } = await client.run(server, {
      key: apiKey,
      audio: use().audio,
      config: { domain: 'finance' },
    });
    client.read(messages);
    expect(error).toContain('no installed engine offers domain');
  });

  it('is told that its key was revoked', async () => {
    const { management_token: token, project_id: projectId } = server.bootstrap;
    const { id, value: key } = await newKey(server, { token, projectId });
    const audio = interrupted(() => send(server, token, 'DELETE', `/v1/api_keys/${id}`));
    const { messages, error } = await client.run(server, { key, audio });
    client.read(messages);
    expect(messages.at(-1)).toMatchObject({ message: 'Error', type: 'not_authorised' });
    expect(error).toContain(messages.at(-1)?.reason);
  });

  it('does not wait for ever when there are as many sessions as there may be', async () => {
    const key = await mintKey(server, apiKey, { type: 'rt', limits: { max_concurrent: 1 } });
    const first = await RealtimeClient.start(server, { key });
    const { messages, error } = await client.run(server, { key, audio: use().audio });
    client.read(messages);
    // A type of error that Rust does not know.
    const told = client === rust ? 'Failed to receive message' : 'Concurrent Quota Exceeded';
    expect(error).toContain(told);
    first.close();
  });
});

describe.each(OF_FILES)('the client for %s', (_, client) => {
  it('is told that what it sends is no audio', async () => {
    const junk = Buffer.from('this is no audio at all '.repeat(10_000));
    const { messages, error } = await client.run(server, { key: apiKey, audio: recording(junk) });
    client.read(messages);
    expect(error).toContain('Invalid audio type: Could not determine type of stream.');
  });

  it('is told of all translations there are not, and has its session', async () => {
    const translateTo = ['de', 'fr', 'es', 'it', 'nl'];
    const audio = recording(wav.subarray(0, 20_000));
    const { messages, error } = await client.run(server, { key: apiKey, audio, translateTo });
    expect(error).toBeUndefined();
    client.read(messages);
    const warnings = messages.filter(({ message }) => message === 'Warning').map(({ reason }) => reason);
    expect(warnings.join()).toContain(translateTo.join(', '));
  });
});

describe('the readers', () => {
  const alternatives = [{ content: 'a', confidence: 1 }];
  const word = { type: 'word', start_time: 0, end_time: 1, alternatives };
  const started = { message: 'RecognitionStarted', id: 'x' };
  const final = (...results: object[]): Message => ({
    message: 'AddTranscript',
    metadata: { start_time: 0, end_time: 1, transcript: 'a ' },
    results,
  });
  const partial = (...results: object[]): Message => ({
    ...final(...results),
    message: 'AddPartialTranscript',
  });
  const pack = { ...started, language_pack_info: { word_delimiter: ' ', model: 'x' } };
  const end = { message: 'EndOfUtterance' };
  const info = { message: 'Info', type: 'concurrent_session_usage', reason: 'x' };
  const voices = pythonVoice('silence');

  it.each<[string, Client, Message[]]>([
    ['a final without its time', pythonRt, [{ ...final(word), metadata: { transcript: 'a' } }]],
    ['a word without its confidence', pythonRt, [final({ ...word, alternatives: [{ content: 'a' }] })]],
    ['a confirmation with half a number', pythonRt, [{ message: 'AudioAdded', seq_no: 1.5 }]],
    ['a member too many of the language pack', voices, [pack]],
    ['a null for a boolean', voices, [final({ ...word, is_eos: null })]],
    ['a result without an alternative', voices, [final({ ...word, alternatives: [] })]],
    ['a turn that ends before the partial after its final', voices, [partial(word), final(word), end]],
    ['a warning without a reason', pythonLibrary, [{ message: 'Warning', type: 'x' }]],
    ['a written form without a word', pythonLibrary, [final({ ...word, written_form: [] })]],
    ['too much before the start', rust, [...Array<Message>(6).fill(info), started]],
    ['the use of sessions after the start', rust, [started, info]],
    ['an entity', rust, [started, final({ ...word, type: 'entity' })]],
    ['the end of an utterance', rust, [started, end]],
    ['a null for a number', dotnet, [final({ ...word, start_time: null })]],
  ])('refuse %s', (_, client, messages) => {
    expect(() => client.read(messages)).toThrow(/^\$/);
  });
});
