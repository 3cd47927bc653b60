import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClip, SHORT_CLIP_TEXT } from '../../helpers/api.ts';
import { leashedDirectory } from '../../helpers/leash.ts';
import { join, PASSWORD, signIn } from '../../helpers/portal.ts';
import { type Message, RealtimeClient, samplesOfWav, wordErrorRate } from '../../helpers/realtime.ts';
import { recordedMicrophone } from '../chromium.ts';
import { openPortal, type PortalVisit } from './visit.ts';

/** The Live page, spoken to: the microphone of the browser hears a recording. */
const MAX_SESSIONS = 2;
const folder = leashedDirectory('parley-live-');
const recording = path.join(folder.path, 'speech.wav');
const portal = openPortal({
  env: { PARLEY_MAX_WORKSPACE_SESSIONS: String(MAX_SESSIONS) },
  flags: [...recordedMicrophone(recording), '--host-resolver-rules=MAP parley.test 127.0.0.1'],
});

const WAITING = { timeout: 15_000 };

const SILENCE_SECONDS = 0.5;
let spokenMs = 0;

beforeAll(async () => {
  const wav = Buffer.from(await readClip());
  const samples = Buffer.concat([Buffer.alloc(SILENCE_SECONDS * 32_000), samplesOfWav(wav)]);
  spokenMs = samples.length / 32;
  const header = wav.subarray(0, 44);
  header.writeUInt32LE(36 + samples.length, 4);
  header.writeUInt32LE(samples.length, 40);
  await writeFile(recording, Buffer.concat([header, samples]));
});
afterAll(() => folder.remove());

/** The page as its reader has it, and what goes over its connections. */
class Live {
  readonly visit: PortalVisit;
  readonly page: Page;
  /** From the server, without acknowledgements. */
  readonly received: Message[] = [];
  readonly sent: Message[] = [];
  closedConnections = 0;

  static async open(options: Parameters<typeof portal.visit>[1] = {}): Promise<Live> {
    const permissions = ['microphone', 'clipboard-read', 'clipboard-write'];
    const live = new Live(await portal.visit('/live', { permissions, ...options }));
    await live.button('Start').waitFor();
    await live.page.evaluate(keepTracks);
    return live;
  }

  constructor(visit: PortalVisit) {
    this.visit = visit;
    this.page = visit.page;
    this.page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (typeof payload === 'string') this.sent.push(JSON.parse(payload));
      });
      socket.on('framereceived', ({ payload }) => {
        const message: Message = JSON.parse(String(payload));
        if (message.message !== 'AudioAdded') this.received.push(message);
      });
      socket.on('close', () => {
        this.closedConnections += 1;
      });
    });
  }

  button = (name: string) => this.page.getByRole('button', { name, exact: true });
  get transcript() {
    return this.page.getByRole('group', { name: 'Transcript' });
  }
  get partial() {
    return this.transcript.locator('i');
  }
  get fault() {
    return this.page.getByRole('alert');
  }

  /** Presses Start and waits until the microphone is heard. */
  async speak(): Promise<void> {
    await this.button('Start').click();
    await this.is('Listening');
  }

  async is(phase: 'Ready' | 'Listening'): Promise<void> {
    await this.page.getByRole('status').filter({ hasText: phase }).waitFor();
  }

  async stop(): Promise<void> {
    await this.button('Stop').click();
    await this.is('Ready');
  }

  /** All words, or those of one session. */
  async words(session?: number): Promise<string> {
    const sessions = this.transcript.locator('[lang][dir]:has([data-word])');
    const within = session === undefined ? this.transcript : sessions.nth(session);
    const texts = await within.locator('p:has([data-word])').allTextContents();
    return texts.join(' ');
  }

  /** The place among what was received of the first message of this name with this word, or -1. */
  firstWith(name: string, word: string): number {
    return this.received.findIndex(
      ({ message, metadata }) => message === name && JSON.stringify(metadata).includes(word),
    );
  }

  /** The file that a button saves. */
  async download(name: string): Promise<{ name: string; content: string }> {
    const saved = this.page.waitForEvent('download');
    await this.button(name).click();
    const file = await saved;
    return { name: file.suggestedFilename(), content: await readFile(await file.path(), 'utf8') };
  }

  /** Guesses stay long enough to be seen, also on a machine that has other things to do. */
  async takesItsTime(): Promise<void> {
    await this.page.getByLabel('Longest delay').selectOption('4');
  }

  /** Waits for some words of the recording. */
  async hears(): Promise<void> {
    await this.transcript.locator('[data-word]').first().waitFor();
  }

  async choose(file: string | { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
    await this.page.getByRole('radio', { name: 'File' }).check();
    await this.page.getByLabel('File', { exact: true }).last().setInputFiles(file);
  }

  /** Whether a microphone is on. */
  isRecorded = (): Promise<boolean> =>
    this.page.evaluate(() => tracks.some(({ readyState }) => readyState === 'live'));

  /** Takes out what the client of Speechmatics writes of an error that was meant to happen. */
  expectConsoleErrors(...patterns: readonly RegExp[]): void {
    const left = this.visit.faults.filter((fault) => !patterns.some((pattern) => pattern.test(fault)));
    this.visit.faults.splice(0, this.visit.faults.length, ...left);
  }
}

/** Of the page. */
declare const tracks: readonly { readonly readyState: string }[];
declare const navigator: {
  readonly mediaDevices: { getUserMedia(wanted: unknown): Promise<{ getTracks(): readonly unknown[] }> };
};
declare const DOMException: new (message: string, name: string) => Error;

/** Runs in the page: remembers every microphone that is opened. */
function keepTracks(): void {
  const kept: unknown[] = [];
  const { mediaDevices } = navigator;
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    const stream = await open(wanted);
    kept.push(...stream.getTracks());
    return stream;
  };
  Object.assign(globalThis, { tracks: kept });
}

const CONSOLE_OF_CLIENT = /^console: (JSHandle@object|Object|\{.*message: Error.*)/;

const FAILED_CONNECTION = /^console: WebSocket connection to .* failed/;

describe('a person who speaks', () => {
  it('reads a guess first and final words after it, and can take them along', async () => {
    const live = await Live.open();
    await live.takesItsTime();
    await live.speak();
    const spoken = sleep(spokenMs + 300);
    await live.partial.filter({ hasText: /might|even|made|amiable/i }).waitFor();
    await spoken;
    await live.stop();
    const heard = await live.words();
    expect(wordErrorRate(SHORT_CLIP_TEXT, heard)).toBeLessThan(0.2);
    await expect.poll(() => live.partial.count()).toBe(0);
    const arrivals = ['might', 'even', 'made', 'amiable'].map((word) => [
      live.firstWith('AddPartialTranscript', word),
      live.firstWith('AddTranscript', word),
    ]);
    expect(arrivals.some(([guess = -1, final = -1]) => guess >= 0 && guess < final)).toBe(true);
    expect(live.received.at(-1)).toEqual({ message: 'EndOfTranscript' });

    await live.button('Copy').click();
    await live.page.getByText('Copied').first().waitFor();
    expect(await live.page.evaluate('navigator.clipboard.readText()')).toBe(heard);
    const [text, json] = [await live.download('Download as text'), await live.download('Download as JSON')];
    expect(text.name).toMatch(/^transcript-\d{4}-\d\d-\d\d-\d{4}\.txt$/);
    expect(text.content).toBe(`${heard}\n`);
    const [session] = JSON.parse(json.content).sessions;
    expect(session.transcription_config).toMatchObject({ language: 'en' });
    expect(session.results[0]).toMatchObject({ type: 'word', start_time: expect.any(Number) });
  });

  it('starts and stops by keyboard, starts again below, and goes from word to word', async () => {
    const live = await Live.open();
    for (const round of [1, 2]) {
      await live.button('Start').focus();
      await live.page.keyboard.press('Enter');
      await live.is('Listening');
      await live.transcript
        .getByText(/might/i)
        .nth(round - 1)
        .waitFor();
      expect(await live.button('Stop').evaluate((button) => button.matches(':focus'))).toBe(true);
      expect(live.received.some(({ message }) => message === 'Error')).toBe(false);
      await live.page.keyboard.press('Space');
      await live.is('Ready');
      await expect.poll(() => live.closedConnections, WAITING).toBe(round);
    }
    await expect.poll(() => live.transcript.getByText('· Microphone').count()).toBe(2);
    expect(await live.words(1)).toMatch(/^he might/i);

    await live.transcript.focus();
    await live.page.keyboard.press('Home');
    await live.page.keyboard.press('ArrowRight');
    const word = live.transcript.locator('[data-word]').nth(1);
    expect(await word.evaluate((element) => element.matches(':focus'))).toBe(true);
    const details = live.page.getByRole('tooltip').filter({ hasText: 'confidence' });
    await expect.poll(() => details.textContent()).toMatch(/^0:0\d\.\d\d to 0:0\d\.\d\d, confidence \d+ %/);
    expect(await word.getAttribute('aria-describedby')).toBe(await details.getAttribute('id'));
    await live.page.keyboard.press('Escape');
    await expect.poll(() => details.count()).toBe(0);
    await live.button('Clear the transcript').click();
    await live.page.getByText('Nothing heard yet').waitFor();
  });

  it('sees the end of a transcript that grows, unless they have scrolled up', async () => {
    const live = await Live.open({ size: 'phone' });
    await live.transcript.evaluate((element) => {
      const { style } = element as unknown as { style: object };
      Object.assign(style, { height: '48px', width: '150px', padding: '0' });
    });
    await live.speak();
    const distance = () =>
      live.transcript.evaluate(({ scrollHeight, scrollTop, clientHeight }) => ({
        scrollTop,
        toEnd: scrollHeight - scrollTop - clientHeight,
      }));
    // Several lines, of which one or two are in sight.
    await expect.poll(async () => (await distance()).scrollTop, WAITING).toBeGreaterThan(60);
    expect((await distance()).toEnd).toBeLessThan(2);
    await live.transcript.evaluate((element) => element.scrollTo({ top: 0 }));
    await live.button('Latest words').waitFor();
    await live.stop();
    expect((await distance()).scrollTop).toBe(0);
    await live.button('Latest words').click();
    await expect.poll(async () => (await distance()).toEnd, WAITING).toBeLessThan(2);
    await expect.poll(() => live.button('Latest words').count(), WAITING).toBe(0);
  });

  it('is heard as they choose, also from the middle of a session on', async () => {
    const live = await Live.open();
    await live.page.getByLabel('Punctuation').uncheck();
    await live.speak();
    await live.hears();
    await live.page.getByLabel('Longest delay').selectOption('4');
    await live.page.getByLabel('Partial words').uncheck();
    await live.partial.waitFor({ state: 'detached' });
    await sleep(spokenMs);
    await live.stop();
    const [start, longer, silent] = live.sent.map((message) => message.transcription_config);
    expect(start).toMatchObject({ max_delay: 1, punctuation_overrides: { permitted_marks: [] } });
    expect(longer).toMatchObject({ max_delay: 4, enable_partials: true });
    expect(silent).toMatchObject({ max_delay: 4, enable_partials: false });
    await expect.poll(() => live.fault.count()).toBe(0);
    expect(await live.words()).toMatch(/^[^.,?!]+$/);
  });

  it('is heard no more when they leave the page', async () => {
    const live = await Live.open();
    await live.speak();
    await live.hears();
    expect(await live.isRecorded()).toBe(true);
    await live.page.getByRole('link', { name: 'Jobs' }).click();
    await expect.poll(() => live.closedConnections, WAITING).toBe(1);
    expect(live.sent.at(-1)).toMatchObject({ message: 'EndOfStream' });
    expect(live.received.at(-1)).toEqual({ message: 'EndOfTranscript' });
    expect(await live.isRecorded()).toBe(false);
  });
});

describe('a file', () => {
  it('plays at its own pace and is read while it plays', async () => {
    const live = await Live.open();
    await live.choose(recording);
    await live.page.getByText('0:00 of 0:03').waitFor();
    const startedMs = performance.now();
    await live.speak();
    await live.hears();
    await live.page.getByText('0:02 of 0:03').waitFor();
    await live.button('Pause').click();
    await live.button('Go on playing').waitFor();
    // What has just been played is still on its way.
    await sleep(500);
    const paused = await live.page.getByRole('timer').textContent();
    await sleep(1_000);
    await expect.poll(() => live.page.getByRole('timer').textContent()).toBe(paused);
    await live.button('Go on playing').click();
    await live.is('Ready');
    expect(performance.now() - startedMs).toBeGreaterThan(spokenMs + 1_500);
    expect(wordErrorRate(SHORT_CLIP_TEXT, await live.words())).toBeLessThan(0.2);
    expect(await live.isRecorded()).toBe(false);
  });

  it('is refused with what to do where the browser cannot read it', async () => {
    const live = await Live.open();
    const buffer = Buffer.from('no sound at all');
    await live.choose({ name: 'speech.wav', mimeType: 'audio/wav', buffer });
    const input = live.page.getByLabel('File', { exact: true }).last();
    await live.page.getByText('The browser cannot read this file. Choose a wav, mp3').waitFor();
    await expect.poll(() => input.getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => live.button('Start').isDisabled()).toBe(true);
    await live.visit.isAccessible();
    await live.choose(fileURLToPath(new URL('../../fixtures/audio/speech.mp3', import.meta.url)));
    await live.page.getByText(/^It lasts 0:\d\d, and is heard/).waitFor();
    await expect.poll(() => live.button('Start').isEnabled()).toBe(true);
  });
});

describe('who cannot be heard is told why', () => {
  it('with a microphone that is blocked, before a session is opened', async () => {
    const live = await Live.open({ permissions: [] });
    await live.button('Start').click();
    await live.fault.getByText('The microphone is blocked').waitFor();
    await live.is('Ready');
    expect(live.received).toEqual([]);
    await live.visit.isAccessible();
  });

  it('with any other reason not to get a microphone', async () => {
    const live = await Live.open();
    for (const [name, title] of [
      ['NotFoundError', 'No microphone was found'],
      ['OverconstrainedError', 'The chosen microphone is not there any more'],
      ['NotReadableError', 'The microphone cannot be opened'],
    ] as const) {
      await live.page.evaluate((given) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', given));
      }, name);
      await live.button('Start').click();
      await live.fault.getByText(title).waitFor();
    }
    await live.page.addInitScript('delete globalThis.AudioWorkletNode');
    await live.page.reload();
    await live.fault.getByText('This browser is too old to listen').waitFor();
  });

  it('on a page without https, where a file still plays', async () => {
    const live = await Live.open();
    const { baseUrl } = portal.server;
    const cookies = await live.visit.context.cookies(`${baseUrl}/portal/api/session`);
    await live.visit.context.addCookies(cookies.map((cookie) => ({ ...cookie, domain: 'parley.test' })));
    await live.page.goto(live.page.url().replace('127.0.0.1', 'parley.test'));
    await live.fault.getByText('The browser does not let this page use a microphone').waitFor();
    live.expectConsoleErrors(/^console: The Cross-Origin-Opener-Policy header has been ignored/);
    await expect.poll(() => live.button('Start').isDisabled()).toBe(true);
    await live.visit.isAccessible();
    await live.choose(recording);
    await live.speak();
    await live.hears();
    await live.stop();
  });

  it('while all sessions are in use, and gets in when one has ended', async () => {
    const live = await Live.open();
    const key = portal.server.bootstrap.api_key;
    const others = [
      await RealtimeClient.start(portal.server, { key }),
      await RealtimeClient.start(portal.server, { key }),
    ];
    await live.button('Start').click();
    await live.fault.getByText('All sessions are in use').waitFor();
    live.expectConsoleErrors(CONSOLE_OF_CLIENT);
    for (const other of others) other.close();
    await Promise.all(others.map(({ closed }) => closed));
    await live.speak();
    await expect.poll(() => live.fault.count(), WAITING).toBe(0);
  });
});

describe('a session that is ended by others', () => {
  it('says that access has ended when the password is changed elsewhere, and keeps the words', async () => {
    const person = await join(portal.person);
    const live = await Live.open({ person });
    await live.speak();
    await live.hears();
    const elsewhere = await signIn(person, portal.server);
    const change = { current_password: PASSWORD, new_password: 'another horse battery' };
    await elsewhere.expect(200, 'POST', '/account/password', change);
    // The dialog that asks for the password hides the page behind it from screen readers.
    await live.page.locator('[role=alert]', { hasText: 'Your access has ended' }).waitFor();
    expect(await live.isRecorded()).toBe(false);
    expect(live.received.at(-1)).toMatchObject({ message: 'Error', type: 'not_authorised' });
    live.expectConsoleErrors(CONSOLE_OF_CLIENT);

    const dialog = live.page.getByRole('dialog', { name: 'Your session has ended' });
    await dialog.getByLabel('Password', { exact: true }).fill(change.new_password);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await live.hears();
    await live.speak();
    // The key from before was tried first.
    live.expectConsoleErrors(FAILED_CONNECTION);
  });
});

describe('every state of the page', () => {
  it('is accessible in light and dark, and nothing is cut off on a phone', async () => {
    const live = await Live.open();
    const isAccessible = async () => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await live.page.emulateMedia({ colorScheme });
        await live.visit.isAccessible();
      }
    };
    await isAccessible();
    await live.takesItsTime();
    await live.speak();
    await live.partial.waitFor();
    await isAccessible();
    await live.page.setViewportSize({ width: 360, height: 780 });
    await live.stop();
    await isAccessible();
    expect(await live.page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    await live.choose(recording);
    await live.page.getByText('0:00 of 0:03').waitFor();
    await isAccessible();
  });
});

/** Ends the server of the file. */
describe('a server that is gone', () => {
  it('is told of, and what was heard stays', async () => {
    const live = await Live.open();
    await live.speak();
    await live.hears();
    portal.server.kill('SIGKILL');
    await live.fault.getByText('The connection was lost').waitFor();
    await live.fault.getByText('What was heard so far is below.').waitFor();
    await live.hears();
    expect(await live.isRecorded()).toBe(false);
    await live.button('Start').click();
    await live.fault.getByText('Parley cannot be reached').waitFor();
    await live.hears();
    await live.visit.isAccessible();
    live.expectConsoleErrors(FAILED_CONNECTION);
  });
});
