import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BatchClient } from '@speechmatics/batch-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOUDNESS_TOKENS, loudnessCtc } from '../helpers/onnx/loudness.ts';
import { toneEmbedding, toneSegmentation } from '../helpers/onnx/speakers.ts';
import { parleyIn } from '../helpers/parley.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** From `parley models install` to a transcript with speakers, with small models made here and the real library. */
const dataDir = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
const files = new Map<string, Buffer>([
  ['loudness.onnx', Buffer.from(loudnessCtc())],
  ['tokens.txt', Buffer.from(LOUDNESS_TOKENS)],
  ['segmentation.onnx', Buffer.from(toneSegmentation())],
  ['embedding.onnx', Buffer.from(toneEmbedding())],
]);
const web = createServer((request, response) => response.end(files.get((request.url ?? '').slice(1))));

beforeAll(() => new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  web.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const models = (...args: string[]) => parleyIn({ PARLEY_DATA_DIR: dataDir }, 'models', ...args);

function manifest(name: string, content: object, ...names: readonly string[]): string {
  const { port } = web.address() as AddressInfo;
  const downloads = names.map((file) => {
    const bytes = files.get(file) ?? Buffer.alloc(0);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { url: `http://127.0.0.1:${port}/${file}`, sizeBytes: bytes.length, sha256, files: [file] };
  });
  const file = path.join(dataDir, `${name}.json`);
  const common = { name, licence: 'CC0-1.0', home: 'https://example.invalid/', downloads };
  writeFileSync(file, JSON.stringify({ ...common, ...content }));
  return file;
}

describe('parley models', () => {
  it('lists the catalogue', async () => {
    const { code, out } = await models('list');
    expect(code).toBe(0);
    expect(out).toMatch(/^whisper-base +no +offline +208 MB +MIT +ar cmn /m);
    expect(out).toMatch(/^speakers-titanet-small +no +diarization +48 MB /m);
  });

  it('installs from an address, with its progress, and lists it', async () => {
    const recognizer = {
      ...{ mode: 'offline', family: 'zipformerCtc', tokens: 'tokens.txt' },
      files: { model: 'loudness.onnx' },
    };
    const file = manifest('loudness', { languages: ['en', 'de'], recognizer }, 'loudness.onnx', 'tokens.txt');
    const { code, out, err } = await models('install', '--manifest', file);
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining('fetching loudness.onnx: 100 %') });
    expect(out).toContain('use it with PARLEY_ENGINE=sherpa-onnx PARLEY_MODEL=loudness\n');
    expect((await models('list')).out).toMatch(/^loudness +yes +offline +1 MB +CC0-1.0 +en de$/m);

    const diarizer = { segmentation: 'segmentation.onnx', embedding: 'embedding.onnx' };
    const second = manifest('tones', { languages: [], diarizer }, 'segmentation.onnx', 'embedding.onnx');
    expect((await models('install', '--manifest', second)).out).toContain('PARLEY_DIARIZATION_MODEL=tones');
  });

  it('says what cannot be done', async () => {
    expect(await models('install', 'nonsense')).toMatchObject({
      code: 2,
      err: 'parley: the catalogue has no model "nonsense"; see parley models list\n',
    });
    expect((await models('install')).code).toBe(2);
    expect((await models('remove', 'whisper-base')).err).toBe(
      'parley: the model whisper-base is not installed\n',
    );
  });

  it('verifies, and removes', async () => {
    expect(await models('verify')).toMatchObject({
      code: 0,
      out: 'loudness: as installed\ntones: as installed\n',
    });
    const tokens = path.join(dataDir, 'models/loudness/tokens.txt');
    const before = readFileSync(tokens);
    writeFileSync(tokens, 'other');
    expect(await models('verify', 'loudness')).toMatchObject({
      code: 2,
      out: 'loudness: changed: tokens.txt\n',
    });
    expect((await models('list')).out).toMatch(/^loudness +damaged/m);
    writeFileSync(tokens, before);
    expect((await models('verify', 'loudness')).code).toBe(0);
  });
});

describe('a server with installed models', () => {
  let server: RunningServer;
  beforeAll(async () => {
    const engine = { PARLEY_ENGINE: 'sherpa-onnx', PARLEY_MODEL: 'loudness' };
    const env = { ...engine, PARLEY_DIARIZATION_MODEL: 'tones', PARLEY_DATABASE_URL: await newDatabase() };
    server = await startServer({ dataDir, env });
  });
  afterAll(() => server?.stop());

  const transcribe = async (config: object) => {
    const client = new BatchClient({
      apiKey: server.bootstrap.api_key,
      apiUrl: server.baseUrl,
      appId: 'x',
    });
    const audio = readFileSync(new URL('../fixtures/audio/speech.wav', import.meta.url));
    const input = new File([audio], 'speech.wav');
    const transcript = await client.transcribe(input, { transcription_config: config as never }, 'json-v2');
    if (typeof transcript === 'string') throw new TypeError('not JSON');
    return transcript;
  };

  it('transcribes a language of the model and tells speakers apart', async () => {
    const { metadata, results } = await transcribe({
      ...{ language: 'de', diarization: 'speaker' },
      speaker_diarization_config: { speaker_sensitivity: 0.7 },
    });
    expect((metadata as { orchestrator_version?: string }).orchestrator_version).toMatch(
      /^sherpa-onnx-.*-loudness$/,
    );
    const said = results.map(({ alternatives }) => alternatives?.[0]);
    expect(said.length).toBeGreaterThan(3);
    expect(new Set(said.map((one) => one?.speaker))).toEqual(new Set(['S1']));
    expect(new Set(said.map((one) => one?.language))).toEqual(new Set(['de']));
  });
});

it.each([
  [{ PARLEY_ENGINE: 'sherpa-onnx' }, 'PARLEY_ENGINE=sherpa-onnx needs PARLEY_MODEL; see parley models list'],
  [
    { PARLEY_ENGINE: 'sherpa-onnx', PARLEY_MODEL: 'whisper-base' },
    'PARLEY_MODEL: the model whisper-base is not installed; parley models install whisper-base installs it',
  ],
  [
    { PARLEY_DIARIZATION_MODEL: 'loudness' },
    'PARLEY_DIARIZATION_MODEL: the model loudness tells no speakers apart; see parley models list',
  ],
])('stops the start with a sentence: %o', async (env, message) => {
  const variables = { PARLEY_DATA_DIR: dataDir, PARLEY_PORT: '0', PARLEY_LOG_LEVEL: 'silent', ...env };
  expect(await parleyIn(variables, 'serve')).toMatchObject({ code: 78, err: `parley: ${message}\n` });
});
