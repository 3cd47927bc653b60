import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openServer } from '../../src/db/server.ts';
import { childrenOf } from '../fixtures/audio/child-processes.ts';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../helpers/api.ts';
import { dumpTables, tablesWith } from '../helpers/dump.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { bearer, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import {
  type ConnectOptions,
  ENGLISH_START,
  RealtimeClient,
  refusedUpgrade,
  samplesOfWav,
} from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { BAD_CLAIMS, type Forge, stealSigningKey } from '../helpers/signed-tokens.ts';

/** Sessions with good and bad credentials on the real engine, and then what the server has written down of them. */
let databaseUrl: string;
let server: RunningServer;
let jwt: string;
let forge: Forge;

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({
    keepData: true,
    env: { PARLEY_DATABASE_URL: databaseUrl, PARLEY_LOG_LEVEL: 'trace', PARLEY_MAX_STREAMS: '20' },
  });
  const { api_key } = server.bootstrap;
  jwt = await mintKey(server, api_key, { type: 'rt', limits: { client_ref: 'END-USER-7f3a91' } });
  const database = await openServer(databaseUrl, pino({ level: 'silent' }));
  forge = await stealSigningKey(database, server.dataDir, jwt);
  await database.close();
});
afterAll(() => server?.stop());

const places = (token: string): ConnectOptions[] => [{ key: token }, { jwt: token }];

describe('a token signed with the real key', () => {
  it.each(Object.entries(BAD_CLAIMS))('opens no session: %s', async (_, make) => {
    const token = make(forge);
    for (const options of places(token)) {
      const { status, body } = await refusedUpgrade(server, options);
      expect({ status, body }).toEqual({ status: 401, body: '{"code":401,"error":"Permission Denied"}' });
    }
  });

  it.each<[string, () => object]>([
    ['with an id of its own', () => ({ jti: 'another' })],
    [
      'of this minute',
      () => ({ iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 60 }),
    ],
  ])('and good claims opens one: %s', async (_, change) => {
    for (const options of places(forge.withClaims({ ...change() }))) {
      (await RealtimeClient.start(server, options)).close();
    }
  });

  it('of another region is told in the session that it may not', async () => {
    const client = await RealtimeClient.connect(server, { jwt: forge.withClaims({ region: 'usa' }) });
    expect(await client.closed).toEqual({ code: 4003, reason: 'not_allowed' });
  });
});

const CANARY = 'canary7f3a91';
const speechOf = async () => samplesOfWav(await readClip());

/** The type of the Error that ends a session after what is said in it. */
async function errorOf(options: ConnectOptions, say: (client: RealtimeClient) => unknown): Promise<unknown> {
  const client = await RealtimeClient.connect(server, options);
  await say(client);
  await client.closed;
  return client.of('Error')[0]?.type;
}

const startWith = (change: object) => (client: RealtimeClient) => client.say({ ...ENGLISH_START, ...change });
const configWith = (config: object) => startWith({ transcription_config: { language: 'en', ...config } });
const afterStart = (then: (client: RealtimeClient) => unknown) => async (client: RealtimeClient) => {
  client.say(ENGLISH_START);
  await client.next('RecognitionStarted');
  await then(client);
};

/** Every way a session ends in an Error, with the canary wherever a client may put text. */
const FAILURES: Readonly<Record<string, readonly ((client: RealtimeClient) => unknown)[]>> = {
  invalid_message: [
    (client) => client.say(`{"message":"${CANARY}`),
    (client) => client.say({ message: CANARY, [CANARY]: CANARY }),
    afterStart((client) => client.say({ message: 'AddChannelAudio', channel: CANARY, data: 7 })),
  ],
  invalid_config: [
    configWith({ [CANARY]: CANARY }),
    configWith({ max_delay: CANARY }),
    configWith({ transcript_filtering_config: { replacements: [{ from: `/(${CANARY}/`, to: CANARY }] } }),
  ],
  invalid_language: [configWith({ language: CANARY })],
  protocol_error: [
    (client) => client.audio(Buffer.from(CANARY.repeat(100))),
    afterStart((client) => client.say(ENGLISH_START)),
    afterStart((client) => client.say({ message: 'AddChannelAudio', channel: CANARY, data: 'AAAA' })),
  ],
  invalid_audio_type: [
    async (client) => {
      client.say({ ...ENGLISH_START, audio_format: { type: 'file' } });
      await client.next('RecognitionStarted');
      client.audio(Buffer.from(`${CANARY} is no audio `.repeat(500)));
      client.say({ message: 'EndOfStream', last_seq_no: 1 });
    },
  ],
};

/** A session in which speech is understood, and noise made of the canary is not. */
async function understood(options: ConnectOptions, config: object = {}): Promise<void> {
  const client = await RealtimeClient.start(server, options, { config });
  await client.stream(await speechOf());
  await client.stream(Buffer.from(CANARY.repeat(2_000)));
  await client.finish();
  expect(client.text).toContain('amiable');
  client.close();
}

/** The engine dies while it listens, and with it all that the server has started. */
async function engineFails(): Promise<unknown> {
  const killed = new Set<number>();
  const type = await errorOf(
    { jwt },
    afterStart(async (client) => {
      client.audio(await speechOf());
      await client.next('AudioAdded');
      for (const pid of await childrenOf(server.pid)) killed.add(pid);
      for (const pid of killed) process.kill(pid, 'SIGKILL');
    }),
  );
  while ((await childrenOf(server.pid)).some((pid) => killed.has(pid))) await sleep(10);
  return type;
}

describe('after sessions of every kind', () => {
  const secrets = new Map<string, string | Buffer>();

  beforeAll(async () => {
    const { api_key } = server.bootstrap;
    const [batch, elsewhere] = await Promise.all([
      mintKey(server, api_key),
      mintKey(server, api_key, { type: 'rt', limits: { origins: ['https://app.example'] } }),
    ]);
    for (const [name, token] of Object.entries({ 'a real-time key': jwt, batch, elsewhere })) {
      const [, claims = '', signature = ''] = token.split('.');
      secrets.set(`the claims of ${name}`, claims).set(`the signature of ${name}`, signature);
    }
    secrets.set('the API key', api_key.slice(4)).set('the canary', CANARY);
    for (const word of SHORT_CLIP_TEXT.match(/\w{7,}/g) ?? []) secrets.set(`the word ${word}`, word);
    secrets.set('the audio', Buffer.from((await speechOf()).slice(16_000, 16_024)));

    await understood({ jwt, path: `/v2?sm-app=${CANARY}&sm-sdk=${CANARY}` }, { enable_partials: true });
    await understood({ key: api_key, headers: { cookie: CANARY, 'user-agent': CANARY, origin: CANARY } });
    for (const [type, sayings] of Object.entries(FAILURES)) {
      const types = await Promise.all(sayings.map((say) => errorOf({ jwt }, say)));
      expect(new Set(types)).toEqual(new Set([type]));
    }
    expect(await errorOf({ jwt: batch }, startWith({}))).toBe('not_authorised');
    expect(await errorOf({ jwt: elsewhere }, startWith({}))).toBe('not_allowed');
    expect(await engineFails()).toBe('job_error');
    await refusals(api_key);
    await understood({ jwt });
    expect(await server.stop()).toBe(0);
  });

  /** Upgrades that are refused, with the keys and the canary wherever they could stand. */
  async function refusals(apiKey: string): Promise<void> {
    const upgrade = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
    ] as const;
    const ask = (target: string, ...headers: (readonly [string, string])[]): Promise<RawAnswer> =>
      rawAnswer(server, requestHead('GET', target, [...upgrade, ...headers]));
    const answers = await Promise.all([
      ask(`/v2?jwt=${jwt.slice(0, -4)}AAAA`),
      ask(`/v2?jwt=${apiKey}`),
      ask(`/v2?jwt=${jwt}&jwt=${CANARY}`),
      ask(`/v2?jwt=${jwt}`, ['Authorization', `Bearer ${CANARY}`]),
      ask(`/v2?jwt=${jwt}`, ['Sec-WebSocket-Key', CANARY]),
      ask('/v2', ['Sec-WebSocket-Protocol', `${jwt}, ${CANARY}`], ['Cookie', `jwt=${jwt}`]),
      ask(`/v2/jobs?jwt=${jwt}&${CANARY}`, bearer(apiKey)),
      ask(`/health/live?jwt=${jwt}&${CANARY}`),
      ask(`/${CANARY}?jwt=${jwt}`),
      ask(`/v2/${CANARY}?jwt=${jwt}`, bearer(apiKey)),
      rawAnswer(server, `GET /v2?jwt=${jwt} HTTP/1.1\r\n${CANARY}\r\n\r\n`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      401, 401, 401, 401, 400, 401, 404, 404, 404, 404, 400,
    ]);
    for (const { body, headers } of answers) {
      expect([body, ...headers.values()].filter((text) => /eyJ|canary/.test(text))).toEqual([]);
    }
  }

  const namesIn = (bytes: Buffer): string[] =>
    [...secrets].flatMap(([name, secret]) => (bytes.includes(secret) ? [name] : []));

  it('they are in the log', () => {
    const sessions = server.logs().filter((line) => line.includes('"msg":"session"'));
    expect(sessions.length).toBeGreaterThan(15);
    expect(server.logs().join('\n')).toMatch(/"reason":"missing".*"credential refused"/);
  });

  it('the log holds no key, end user, text or audio', () => {
    const lines = server.logs();
    expect(namesIn(Buffer.from(lines.join('\n')))).toEqual([]);
    expect(lines.filter((line) => line.includes('END-USER-7f3a91'))).toEqual([]);
  });

  it('no file of the server does, but the one with the first credentials', async () => {
    const entries = await readdir(server.dataDir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && entry.name !== 'bootstrap.json')
      .map(({ parentPath, name }) => path.join(parentPath, name));
    expect(files.map((file) => path.basename(file))).toContain('pepper');
    const found = await Promise.all(
      files.map(async (file) => namesIn(await readFile(file)).map((name) => `${name} in ${file}`)),
    );
    expect(found.flat()).toEqual([]);
  });

  it('nor does the database', async () => {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const dump = await dumpTables(client);
    await client.end();
    expect(tablesWith(dump, 'END-USER-7f3a91')).toContain('usage_daily');
    const found = [...secrets].flatMap(([name, secret]) =>
      tablesWith(dump, typeof secret === 'string' ? secret : secret.toString('hex')).map(
        (table) => `${name} in ${table}`,
      ),
    );
    expect(found).toEqual([]);
  });
});
