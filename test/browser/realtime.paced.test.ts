import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { mintKey, readClip, SHORT_CLIP_TEXT } from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { newCustomer, newKey, send } from '../helpers/management.ts';
import { RealtimeClient, samplesOfWav, wordErrorRate } from '../helpers/realtime.ts';
import type { Receiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { startTcpProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';
import { launchChromium, recordedMicrophone } from './chromium.ts';
import { openSite, type Permit } from './site.ts';
import { Visit } from './visit.ts';

/**
 * A person opens a page of another origin, speaks, and reads. The page is made of the unmodified React packages of npm;
 * its microphone hears a recording.
 */
const folder = leashedDirectory('parley-microphone-');
const recording = path.join(folder.path, 'speech.wav');
let server: RunningServer;
/** The way from the page to the server. */
let network: TcpProxy;
let site: Receiver;
let browser: Browser;
let permit: () => Promise<Permit>;

beforeAll(async () => {
  const wav = await speechAfterSilence();
  await writeFile(recording, wav);
  [server, browser] = await Promise.all([
    startServer({ env: { PARLEY_STOP_SECONDS: '1' } }),
    launchChromium(recordedMicrophone(recording)),
  ]);
  network = await startTcpProxy(server.baseUrl);
  const url = new URL('/v2', network.url.replace(/^http/, 'ws')).href;
  site = await openSite({ url, permit: () => permit() });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  await network?.close();
  await server?.stop();
  await folder.remove();
});

const visits: Visit[] = [];
afterEach(() => {
  expect(visits.splice(0).flatMap(({ faults }) => faults)).toEqual([]);
});

const SILENCE_MS = 500;
let recordingMs = 0;

/** A person takes a moment to begin, and so does a microphone. */
async function speechAfterSilence(): Promise<Uint8Array> {
  const wav = Buffer.from(await readClip());
  const silence = Buffer.alloc(SILENCE_MS * 32);
  const samples = Buffer.concat([silence, samplesOfWav(wav)]);
  recordingMs = samples.length / 32;
  const header = wav.subarray(0, 44);
  header.writeUInt32LE(36 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  return Buffer.concat([header, samples]);
}

const CONFIG = { language: 'en', enable_partials: true, max_delay: 1 };

const temporaryKey = (type: 'rt' | 'batch' = 'rt', apiKey = server.bootstrap.api_key): Promise<string> =>
  createSpeechmaticsJWT({
    type,
    apiKey,
    clientRef: 'USER123',
    managementPlatformURL: `${server.baseUrl}/v1`,
  });

interface VisitOptions {
  readonly config?: Permit['config'];
  /** Of the site. */
  readonly host?: string;
  readonly permissions?: readonly string[];
}

/** The page, whose site gives it this key. */
async function visit(
  key: string | Promise<string>,
  { config = CONFIG, host = '127.0.0.1', permissions = ['microphone'] }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({ permissions: [...permissions] });
  onTestFinished(() => context.close());
  permit = async () => ({ key: await key, config });
  const opened = await Visit.open(context, `http://${host}:${site.port}/`);
  visits.push(opened);
  return opened;
}

const REFUSED = 'The connection was refused.';
const WAITING = { timeout: 10_000 };

/** Open sessions of the workspace of this key, that which asks among them. */
async function sessionsOf(apiKey: string): Promise<unknown> {
  const client = await RealtimeClient.start(server, { key: apiKey });
  client.close();
  await client.closed;
  return client.of('Info')[0]?.usage;
}

describe('a page of another origin', () => {
  it('shows the words while they are spoken, and all of them at the end; and once more', async () => {
    const visitor = await visit(temporaryKey());
    expect(new URL(visitor.page.url()).origin).not.toBe(new URL(server.baseUrl).origin);
    for (const round of [1, 2]) {
      await visitor.speak();
      const spoken = sleep(recordingMs + 300);
      await visitor.page.locator('i', { hasText: /might|even|made|amiable/i }).waitFor();
      await spoken;
      await visitor.press('Stop');
      await visitor.sees('Ready');
      expect(wordErrorRate(SHORT_CLIP_TEXT, await visitor.reads())).toBeLessThan(0.2);
      await expect.poll(() => visitor.page.locator('i').textContent()).toBe('');
      expect(visitor.messages.at(-1)).toEqual({ message: 'EndOfTranscript' });
      // By the client, which gives no code.
      expect(await visitor.closes(round)).toEqual(Array(round).fill({ code: 1005, reason: '' }));
    }
  });

  it.each<[string, () => Promise<string>, Permit['config'], RegExp | string, number]>([
    ['a key that is none', async () => `${await temporaryKey()}x`, CONFIG, REFUSED, 1006],
    ['a key of another type', () => temporaryKey('batch'), CONFIG, /^not_authorised: /, 4001],
    [
      'a config with a mistake',
      temporaryKey,
      { language: 'en', enable_partial: true },
      /^invalid_config: /,
      1003,
    ],
  ])('says why when it has %s, and lets the person try again', async (_, key, config, told, code) => {
    const visitor = await visit(key(), { config });
    await visitor.press('Start');
    expect(await visitor.isTold()).toMatch(told);
    await visitor.sees('Ready');
    expect((await visitor.closes()).map((close) => close.code)).toEqual([code]);
    permit = async () => ({ key: await temporaryKey(), config: CONFIG });
    await visitor.speak();
    await expect.poll(() => visitor.page.getByRole('alert').textContent()).toBe('');
  });

  it('uses a key for its origin, which a page of another origin cannot', async () => {
    const limits = { origins: [`http://localhost:${site.port}`] };
    const key = mintKey(server, server.bootstrap.api_key, { type: 'rt', limits });
    await (await visit(key, { host: 'localhost' })).speak();
    const stranger = await visit(key);
    await stranger.press('Start');
    expect(await stranger.isTold()).toMatch(/^not_allowed: limits\.origins: /);
    expect(await stranger.closes()).toEqual([{ code: 4003, reason: 'not_allowed' }]);
  });

  it('ends its session when the person does not let it listen', async () => {
    const visitor = await visit(temporaryKey(), { permissions: [] });
    await visitor.press('Start');
    expect(await visitor.isTold()).toBe('Permission denied');
    expect(visitor.messages.at(-1)).toEqual({ message: 'EndOfTranscript' });
    await visitor.sees('Ready');
  });
});

describe('a page that listens', () => {
  it('is told when its API key is revoked, and does not get in again', async () => {
    const { management_token: token, project_id: projectId } = server.bootstrap;
    const { id, value: apiKey } = await newKey(server, { token, projectId });
    const visitor = await visit(temporaryKey('rt', apiKey));
    await visitor.speak();
    expect((await send(server, token, 'DELETE', `/v1/api-keys/${id}`)).status).toBe(200);
    expect(await visitor.isTold()).toBe('not_authorised: Not Authorized');
    await visitor.sees('Ready');
    expect(await visitor.closes()).toEqual([{ code: 4001, reason: 'not_authorised' }]);
    await visitor.press('Start');
    await expect.poll(() => visitor.isTold(), WAITING).toBe(REFUSED);
  });

  it('is told when the network is lost, gives up its place, and starts anew when it is back', async () => {
    const { apiKey } = await newCustomer(server);
    const visitor = await visit(temporaryKey('rt', apiKey));
    await visitor.speak();
    network.cut();
    expect(await visitor.isTold()).toBe('The connection is lost.');
    expect(await visitor.closes()).toEqual([{ code: 1006, reason: '' }]);
    await expect.poll(() => sessionsOf(apiKey), WAITING).toBe(1);
    network.restore();
    await visitor.speak();
  });

  it('gives up its place when it is closed', async () => {
    const { apiKey } = await newCustomer(server);
    const visitor = await visit(temporaryKey('rt', apiKey));
    await visitor.speak();
    expect(await sessionsOf(apiKey)).toBe(2);
    await visitor.page.close();
    await expect.poll(() => sessionsOf(apiKey), WAITING).toBe(1);
  });

  it('is told when the server stops', async () => {
    const visitor = await visit(temporaryKey());
    await visitor.speak();
    const stopped = server.stop();
    expect(await visitor.isTold()).toBe('job_error: the server is stopping');
    await visitor.sees('Ready');
    expect(await visitor.closes()).toEqual([{ code: 4013, reason: 'job_error' }]);
    expect(await stopped).toBe(0);
  });
});
