import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, endOfJob, readClip, SHORT_CLIP_TEXT, submitSpeech } from '../../helpers/api.ts';
import { freePort } from '../../helpers/free-port.ts';
import { leashedDirectory } from '../../helpers/leash.ts';
import { newCustomer, newKey, send } from '../../helpers/management.ts';
import { type Message, RealtimeClient, samplesOfWav, textOf, wordErrorRate } from '../../helpers/realtime.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../../helpers/tcp-proxy.ts';

/** A server whose engine is another one, through the network between them. The upstream comes later. */
let gateway: RunningServer;
let upstream: RunningServer;
let network: TcpProxy;
const folder = leashedDirectory('parley-upstream-');
const token = `upstream_${randomBytes(20).toString('hex')}`;
const upstreamPort = freePort();

beforeAll(async () => {
  network = await startTcpProxy(`ws://127.0.0.1:${await upstreamPort}/v2`);
  const tokenFile = path.join(folder.path, 'token');
  await writeFile(tokenFile, `${token}\n`);
  gateway = await startServer({
    env: {
      PARLEY_ENGINE: 'speechmatics',
      PARLEY_UPSTREAM_URL: network.url,
      PARLEY_UPSTREAM_TOKEN_FILE: tokenFile,
      PARLEY_UPSTREAM_LANGUAGES: 'en',
    },
  });
});
afterAll(async () => {
  await Promise.all([gateway?.stop(), upstream?.stop(), network?.close(), folder.remove()]);
});

/** Clips by their numbers, and what is said in them. */
const TEXTS = {
  870: 'and mr john dashwood had then leisure to consider how much there might be prudently in his power to do for them',
  880: 'he was not an ill disposed young man',
  890: 'unless to be rather cold hearted and rather selfish is to be ill disposed',
  930: SHORT_CLIP_TEXT,
};
type Clip = keyof typeof TEXTS;

const samples = async (clip: Clip) =>
  samplesOfWav(await readClip(`sense_and_sensibility_01_austen_64kb-0${clip}.wav`));
const silence = (seconds: number) => new Uint8Array(seconds * BYTES_PER_SECOND);
const BYTES_PER_SECOND = 32_000;

/** A client of the gateway. */
const start = (config: object = {}, key = gateway.bootstrap.api_key) =>
  kept(RealtimeClient.start(gateway, { key }, { config }));
/** A client of the upstream, in the place of the gateway. */
const startDirectly = (config: object = {}) =>
  kept(RealtimeClient.start(upstream, { key: token }, { config }));

/** Places are few: none is left to the next test. */
const clients: RealtimeClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
async function kept(starting: Promise<RealtimeClient>): Promise<RealtimeClient> {
  const client = await starting;
  clients.push(client);
  return client;
}

const wrong = (clip: Clip, text: string) =>
  wordErrorRate(TEXTS[clip].replaceAll('-', ' '), text.replaceAll('-', ' '));
const resultsOf = (client: RealtimeClient, name: string) =>
  client.of(name).flatMap(({ results }) => results as object[]);
const endOf = ({ metadata }: Message) => (metadata as { end_time: number }).end_time;
const lastEnd = (client: RealtimeClient, name: string) => Math.max(0, ...client.of(name).map(endOf));
const logged = (text: string) => gateway.logs().some((line) => line.includes(text));

/** The upstream does not serve a session: the client learns that it is not its fault, the log says what happened. */
async function expectFailure(reason: string): Promise<void> {
  const client = await start();
  expect(await client.closed).toEqual({ code: 4013, reason: 'job_error' });
  expect(client.messages.at(-1)).toEqual({
    message: 'Error',
    type: 'job_error',
    reason: 'the engine failed',
  });
  await expect.poll(() => logged(reason)).toBe(true);
}

describe('an upstream', () => {
  it('may be missing when the gateway starts', async () => {
    expect((await ask(gateway, '/health/ready')).json()).toEqual({ status: 'ready' });
    await expectFailure('the connection to the upstream failed (ECONNRESET)');
  });

  it('that does not take the token fails sessions and jobs', async () => {
    upstream = await startServer({
      env: {
        PARLEY_PORT: String(await upstreamPort),
        PARLEY_ENGINE_PROCESSES: '1',
        PARLEY_LIVE_ENGINE_PROCESSES: '1',
      },
    });
    const reason = 'the upstream refuses the connection with HTTP status 401';
    await expectFailure(reason);
    const id = await submitSpeech(gateway, gateway.bootstrap.api_key);
    expect((await endOfJob(gateway, gateway.bootstrap.api_key, id)).status).toBe('rejected');
    const lines = gateway.logs().filter((line) => line.includes(reason));
    expect(lines.some((line) => line.includes(id))).toBe(true);
    expect(gateway.logs().join('\n')).not.toContain(token);
  });
});

describe('through an upstream', () => {
  beforeAll(async () => {
    const customer = await newCustomer(upstream, { max_sessions: 4 });
    await newKey(upstream, customer, { key_value: token });
  });

  it('comes exactly what it says', async () => {
    const config = {
      enable_partials: true,
      conversation_config: { end_of_utterance_silence_trigger: 0.5 },
    };
    const audio = Buffer.concat([await samples(930), silence(2)]);
    const run = async (client: RealtimeClient) => {
      await client.stream(audio);
      await client.finish();
      return client;
    };
    const [client, direct] = await Promise.all([start(config).then(run), startDirectly(config).then(run)]);
    expect(wrong(930, client.text)).toBeLessThan(0.2);
    expect(client.text).toMatch(/\.$/);
    expect(resultsOf(client, 'AddTranscript')).toEqual(resultsOf(direct, 'AddTranscript'));
    expect(resultsOf(client, 'AddPartialTranscript').length).toBeGreaterThan(0);
    expect(client.of('EndOfUtterance')).toHaveLength(1);
    expect(client.of('EndOfUtterance')).toEqual(direct.of('EndOfUtterance'));
    expect(client.of('AudioAdded')).toHaveLength(direct.of('AudioAdded').length);
  });

  it('come forced ends of utterances, in silence at a given time and in speech at once', async () => {
    const audio = await samples(870);
    const half = 3.5 * BYTES_PER_SECOND;
    const client = await start({ enable_partials: true });
    client.say({ message: 'ForceEndOfUtterance', timestamp: 1.5 });
    await client.stream(silence(2));
    const first = await client.next('EndOfUtterance');
    expect(first.forced).toBe(true);
    expect(endOf(first)).toBeGreaterThan(1);
    expect(endOf(first)).toBeLessThanOrEqual(1.5);

    await client.stream(audio.subarray(0, half));
    await expect.poll(() => lastEnd(client, 'AddPartialTranscript'), { timeout: 10_000 }).toBeGreaterThan(2);
    const from = client.messages.length;
    client.say({ message: 'ForceEndOfUtterance' });
    await client.next('EndOfUtterance', { from });
    const told = client.messages.slice(from).filter(({ forced }) => forced === true);
    expect(told.map(({ message }) => message)).toEqual([
      'AddTranscript',
      'AddPartialTranscript',
      'EndOfUtterance',
    ]);
    expect(client.text).toContain('Dashwood');

    await client.stream(audio.subarray(half));
    await client.finish();
    expect(wrong(870, client.text)).toBeLessThan(0.3);
    expect(client.of('EndOfUtterance')).toHaveLength(2);
  });

  it('come words in time, as it was changed in the middle', async () => {
    const audio = await samples(870);
    const client = await start();
    await client.stream(audio.subarray(0, 4 * BYTES_PER_SECOND));
    client.say({
      message: 'SetRecognitionConfig',
      transcription_config: { language: 'en', max_delay: 0.7, enable_partials: true },
    });
    await client.stream(audio.subarray(4 * BYTES_PER_SECOND, 5 * BYTES_PER_SECOND));
    await expect.poll(() => lastEnd(client, 'AddTranscript'), { timeout: 10_000 }).toBeGreaterThan(3);
    expect(client.of('AddPartialTranscript').length).toBeGreaterThan(0);
    client.close();
  });

  it('come several sessions and channels at once, filtered here and once', async () => {
    const whole = async (clip: Clip, config: object = {}) => {
      const client = await start(config);
      await client.stream(await samples(clip));
      await client.finish();
      return client.text;
    };
    const byChannel = async () => {
      const channels = { agent: 890, caller: 930 } as const;
      const labels = Object.keys(channels);
      const client = await start({ diarization: 'channel', channel_diarization_labels: labels });
      for (const [channel, clip] of Object.entries(channels)) {
        const data = Buffer.from(await samples(clip)).toString('base64');
        client.say({ message: 'AddChannelAudio', channel, data });
      }
      await client.finish();
      return labels.map((label) =>
        textOf(
          client
            .of('AddTranscript')
            .filter(({ channel }) => channel === label)
            .map(({ metadata }) => (metadata as { transcript: string }).transcript),
        ),
      );
    };
    const [[agent = '', caller = ''], first, second] = await Promise.all([
      byChannel(),
      whole(880),
      whole(930, {
        enable_entities: true,
        punctuation_overrides: { permitted_marks: [] },
        transcript_filtering_config: { replacements: [{ from: 'amiable', to: 'very amiable' }] },
      }),
    ]);
    expect(wrong(890, agent)).toBeLessThan(0.2);
    expect(wrong(930, caller)).toBeLessThan(0.2);
    expect(wrong(880, first)).toBeLessThan(0.2);
    expect(second).toBe('He might even have been made very amiable himself');
  });

  it('comes a job, as soon as it has a place', async () => {
    const others = await Promise.all(Array.from({ length: 4 }, () => startDirectly()));
    const key = gateway.bootstrap.api_key;
    const attempts = network.beginnings().length;
    const id = await submitSpeech(gateway, key);
    await expectFailure('the upstream says quota_exceeded');
    // More than a job is tried again: it waits.
    await expect.poll(() => network.beginnings().length - attempts, { timeout: 10_000 }).toBeGreaterThan(4);
    for (const other of others) other.close();
    expect((await endOfJob(gateway, key, id)).status).toBe('done');
    const transcript = await ask(gateway, `/v2/jobs/${id}/transcript?format=txt`, { key });
    expect(wrong(930, transcript.text)).toBeLessThan(0.2);
  });

  it('ends what a key opened, when it is revoked', async () => {
    const { management_token, project_id } = gateway.bootstrap;
    const key = await newKey(gateway, { token: management_token, projectId: project_id });
    const client = await start({}, key.value);
    /** Sessions of the upstream, this one included. */
    const count = async () => {
      const other = await startDirectly();
      other.close();
      return other.of('Info')[0]?.usage;
    };
    await expect.poll(count).toBe(2);
    await send(gateway, management_token, 'DELETE', `/v1/api-keys/${key.id}`);
    expect(await client.closed).toEqual({ code: 4001, reason: 'not_authorised' });
    await expect.poll(count).toBe(1);
  });

  it("goes no client's key", () => {
    const requests = network.beginnings().filter((text) => text.startsWith('GET '));
    expect(requests.length).toBeGreaterThan(10);
    for (const request of requests) {
      expect(request).toMatch(/^GET \/v2 HTTP/);
      expect(request.match(/^authorization: .*/gim)).toEqual([`authorization: Bearer ${token}`]);
      expect(request).not.toContain(gateway.bootstrap.api_key);
    }
  });

  it('comes job_error when it dies, and the gateway lives on', async () => {
    const client = await start();
    await client.stream(silence(1));
    upstream.kill('SIGKILL');
    expect(await client.closed).toEqual({ code: 4013, reason: 'job_error' });
    expect((await ask(gateway, '/health/ready')).status).toBe(200);
  });
});
