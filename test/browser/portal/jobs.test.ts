import { readFile } from 'node:fs/promises';
import type { Download, Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  endOfJob,
  listJobs,
  readClip,
  SHORT_CLIP,
  SHORT_CLIP_TEXT,
  submitSpeech,
} from '../../helpers/api.ts';
import { mintInPortal, PASSWORD, projectOf } from '../../helpers/portal.ts';
import { openPortal } from './visit.ts';

const portal = openPortal();

const LONG_CLIP = 'sense_and_sensibility_01_austen_64kb-0920.wav';
const WAITING = { timeout: 10_000 };
const STRANGE = `<img src=x onerror=alert(1)>'.wav`;

interface Chosen {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

const recording = async (name: string, clip?: string): Promise<Chosen> => ({
  name,
  mimeType: 'audio/wav',
  buffer: Buffer.from(await readClip(clip)),
});

/** Opens the form, chooses files and leaves the rest to the caller. */
async function choose(page: Page, files: Chosen[]): Promise<Locator> {
  await page.getByRole('button', { name: 'Upload recordings' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Recordings').setInputFiles(files);
  return dialog;
}

const transcribe = (dialog: Locator): Promise<void> =>
  dialog.getByRole('button', { name: 'Transcribe' }).click();

const rowOf = (page: Page, name: string): Locator => page.getByRole('row').filter({ hasText: name });

/** Lets go of files over the page, as a person does who drags them there. */
async function drop(page: Page, { name, mimeType, buffer }: Chosen): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, type, base64 }) => {
      const inPage = globalThis as unknown as PageGlobals;
      const bytes = Uint8Array.from(inPage.atob(base64), (one) => one.charCodeAt(0));
      const data = new inPage.DataTransfer();
      data.items.add(new inPage.File([bytes], name, { type }));
      return data;
    },
    { name, type: mimeType, base64: buffer.toString('base64') },
  );
  await page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer });
  await page.getByText('Drop the recordings to transcribe them').waitFor();
  await page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
}

/** What a page has and Node has not. */
interface PageGlobals {
  atob(text: string): string;
  DataTransfer: new () => { items: { add(file: object): void } };
  File: new (parts: Uint8Array[], name: string, options: { type: string }) => object;
}

/** A job of the person that is done, submitted with a key of theirs. */
async function doneJob({
  name = 'recording.wav',
  clip = SHORT_CLIP,
  clientRef,
}: NewJob = {}): Promise<string> {
  const projectId = await projectOf(portal.person);
  const limits = clientRef === undefined ? {} : { client_ref: clientRef };
  const key = await mintInPortal(portal.person, projectId, limits);
  const id = await submitSpeech(portal.server, key, { name, clip });
  await endOfJob(portal.server, key, id);
  return id;
}

interface NewJob {
  readonly name?: string;
  readonly clip?: string;
  readonly clientRef?: string;
}

describe('uploading', () => {
  it('takes files that are dropped and chosen, shows them run, and their transcripts', async () => {
    const { page, isAccessible } = await portal.visit('/jobs');
    await page.getByText('No jobs yet').waitFor();
    await isAccessible();
    await drop(page, await recording('dropped.wav'));
    const dialog = page.getByRole('dialog');
    await dialog.getByText('dropped.wav').waitFor();
    await dialog.getByLabel('Recordings').setInputFiles([await recording(STRANGE, LONG_CLIP)]);
    await dialog.getByLabel('Model').selectOption('Enhanced');
    await dialog.getByRole('group', { name: 'Punctuation' }).getByLabel('None').check();
    await isAccessible();
    await transcribe(dialog);
    await page.getByText('2 of 2 uploaded').first().waitFor();
    await page.getByRole('listitem').filter({ hasText: 'dropped.wav' }).getByText('Open job').click();
    // Without punctuation.
    await page.getByText(SHORT_CLIP_TEXT.replace('.', ''), { exact: true }).waitFor({ timeout: 30_000 });
    await page.getByText('English, enhanced').waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Jobs' }).click();
    for (const name of ['dropped.wav', STRANGE]) {
      await rowOf(page, name).getByText('Done').waitFor({ timeout: 30_000 });
    }
    await isAccessible();
    await rowOf(page, STRANGE).getByRole('link').click();
    await page.getByRole('heading', { name: STRANGE }).waitFor();
  });

  it('says why a file is refused, keeps it, and goes on with the others', async () => {
    const { page, isAccessible } = await portal.visit('/jobs', { theme: 'dark', size: 'phone' });
    const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no audio at all') };
    await transcribe(await choose(page, [notes, await recording('beside.wav')]));
    await page.getByText('1 of 2 uploaded, 1 failed').first().waitFor();
    await page.getByText('This file cannot be transcribed: the file is of no known audio format.').waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Change settings' }).click();
    await page.getByRole('dialog').getByText('notes.txt').waitFor();
    await page.getByRole('dialog').getByLabel('By speaker').check();
    await transcribe(page.getByRole('dialog'));
    await page.getByText('No installed engine offers diarization "speaker". Change the settings.').waitFor();
    await page.getByRole('button', { name: 'Remove notes.txt' }).click();
    await page.getByText('1 of 1 uploaded').first().waitFor();
  });

  it('asks for what is missing or wrong, and keeps the rest', async () => {
    const { page } = await portal.visit('/jobs');
    const empty = { name: 'empty.wav', mimeType: 'audio/wav', buffer: Buffer.alloc(0) };
    const dialog = await choose(page, []);
    await transcribe(dialog);
    await dialog.getByText('Choose at least one file.').waitFor();
    await dialog.getByLabel('Recordings').setInputFiles([empty]);
    await dialog.getByLabel('client_ref').fill('x'.repeat(257));
    await dialog.getByText('empty.wav is empty. Remove it or choose another file.').waitFor();
    await dialog.getByText('Use at most 256 characters; this has 257.').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
  });

  it('can be cancelled, and tries again what the network lost', async () => {
    const { page } = await portal.visit('/jobs');
    const network: { state: 'slow' | 'down' | 'up' } = { state: 'slow' };
    await page.route('**/v2/jobs', async (route) => {
      if (network.state === 'down') await route.abort('connectionreset');
      else if (network.state === 'up') await route.continue();
    });
    await transcribe(await choose(page, [await recording('unwanted.wav')]));
    await page.getByRole('progressbar').waitFor();
    await page.getByRole('button', { name: 'Cancel unwanted.wav' }).click();
    await page.getByRole('progressbar').waitFor({ state: 'detached' });
    network.state = 'down';
    await transcribe(await choose(page, [await recording('lost.wav')]));
    await page.getByText('0 of 1 uploaded, 1 failed').first().waitFor();
    await page.getByText('The connection was lost before the whole file was sent.').waitFor();
    network.state = 'up';
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('1 of 1 uploaded').first().waitFor();
    await rowOf(page, 'lost.wav').waitFor();
    await expect.poll(() => rowOf(page, 'unwanted.wav').count()).toBe(0);
  });

  it('keeps the chosen files when the session ends, and sends them once one has signed in again', async () => {
    const { page, endSession } = await portal.visit('/jobs?client_ref=SESSION-ENDED');
    const dialog = await choose(page, [await recording('kept.wav')]);
    await dialog.getByLabel('client_ref').fill('KEPT');
    await endSession();
    await transcribe(dialog);
    const signIn = page.getByRole('dialog', { name: 'Your session has ended' });
    await signIn.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await signIn.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('1 of 1 uploaded').first().waitFor();
    const key = await mintInPortal(portal.person, await projectOf(portal.person), { client_ref: 'KEPT' });
    expect((await listJobs(portal.server, key)).map((job) => job.data_name)).toEqual(['kept.wav']);
  });
});

describe('the list', () => {
  it('shows the jobs of one end user, found by name and state', async () => {
    await doneJob({ name: 'of all.wav' });
    const clientRef = '<b>USER</b>"123';
    await doneJob({ name: 'of one.wav', clientRef });
    const { page, isAccessible } = await portal.visit('/jobs');
    await rowOf(page, 'of all.wav').waitFor();
    const filter = page.getByRole('combobox', { name: 'client_ref' });
    const suggestions = await page
      .locator('datalist option')
      .evaluateAll((all) => all.map((one) => one.getAttribute('value')));
    expect(suggestions).toContain(clientRef);
    await filter.fill(clientRef);
    await rowOf(page, 'of all.wav').waitFor({ state: 'detached' });
    await rowOf(page, 'of one.wav').waitFor();
    await page.getByText('1 job', { exact: true }).waitFor();
    await isAccessible();
    await rowOf(page, 'of one.wav').getByRole('link').click();
    await page.getByRole('heading', { name: 'of one.wav' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'Jobs' }).click();
    await page.getByText('1 job', { exact: true }).waitFor();
    await page.getByLabel('Search names').fill('nowhere');
    await page.getByText('No job fits').waitFor();
    await page.getByLabel('Search names').fill('ONE');
    await page.getByLabel('Status').selectOption('Rejected');
    await page.getByText('No job fits').waitFor();
    await page.getByRole('button', { name: 'Show all client_refs' }).click();
    await page.getByLabel('Status').selectOption('Done');
    await rowOf(page, 'of one.wav').waitFor();
    await filter.fill('nobody <i>');
    await filter.press('Enter');
    await page.getByText('No job in this project is filed under nobody <i>.').waitFor();
  });

  it('loads older jobs as one scrolls, and holds no more rows than the screen', async () => {
    const { page } = await portal.visit('/jobs?client_ref=MANY', { size: 'phone' });
    await page.route('**/v2/jobs?*', async (route) => {
      const before = new URL(route.request().url()).searchParams.get('created_before');
      await route.fulfill({ json: { jobs: olderThan(before) } });
    });
    await page.reload();
    await rowOf(page, 'recording 0.wav').waitFor();
    await expect
      .poll(async () => {
        await page.keyboard.press('End');
        return rowOf(page, 'recording 349.wav').count();
      }, WAITING)
      .toBe(1);
    await page.getByText('350 jobs', { exact: true }).waitFor();
    await expect.poll(() => page.getByRole('row').count()).toBeLessThan(50);
  });
});

const NEWEST_MS = Date.parse('2026-03-01T00:00:00Z');
const MANY = 350;

/** A page of many jobs. */
function olderThan(before: string | null): object[] {
  const first = before === null ? 0 : (NEWEST_MS - Date.parse(before)) / 1000 + 1;
  return Array.from({ length: Math.min(100, MANY - first) }, (_, index) => ({
    id: String(first + index).padStart(10, 'j'),
    created_at: new Date(NEWEST_MS - (first + index) * 1000).toISOString(),
    data_name: `recording ${first + index}.wav`,
    duration: 60,
    status: 'done',
  }));
}

describe('a job', () => {
  it('plays its recording with the words, and jumps to a word by mouse and by keyboard', async () => {
    const { page, isAccessible } = await portal.visit(`/jobs/${await doneJob({ clip: LONG_CLIP })}`);
    const text = page.locator('[data-transcript]');
    const spoken = text.locator('[aria-current]');
    const audio = page.locator('audio');
    const time = () =>
      audio.evaluate((element) => (element as unknown as { currentTime: number }).currentTime);
    await isAccessible();
    await page.getByRole('button', { name: 'Play' }).click();
    const heard = new Set<string>();
    await expect
      .poll(async () => heard.add((await spoken.textContent()) ?? '').size, WAITING)
      .toBeGreaterThan(4);
    await page.getByRole('button', { name: 'Pause' }).click();
    expect([...heard].join(' ')).toMatch(/married|amiable|woman/);
    await text.getByText('respectable', { exact: true }).click();
    await expect.poll(() => spoken.textContent()).toBe('respectable');
    const there = await time();
    expect(there).toBeGreaterThan(2);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await time()).toBe(there);
    await page.keyboard.press('Enter');
    await expect.poll(time, WAITING).toBeLessThan(there);
    await expect.poll(() => spoken.textContent()).not.toBe('respectable');
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
  });

  it('finds text in its transcript, and goes from one place to the next', async () => {
    const { page, isAccessible } = await portal.visit(`/jobs/${await doneJob({ clip: LONG_CLIP })}?q=HE`, {
      theme: 'dark',
      size: 'phone',
    });
    const count = page.getByRole('search').getByRole('status');
    await count.getByText(/^1 of [2-9]$/).waitFor();
    const [, places = '0'] = /of (\d)/.exec((await count.textContent()) ?? '') ?? [];
    const current = () => foundWords(page);
    const first = await current();
    await page.getByRole('button', { name: 'Next match' }).click();
    await count.getByText(`2 of ${places}`).waitFor();
    expect(await current()).not.toEqual(first);
    await page.getByLabel('Search transcript').press('Shift+Enter');
    expect(await current()).toEqual(first);
    await isAccessible();
    await page.getByLabel('Search transcript').fill('elephant');
    await count.getByText('Not found').waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('q'), WAITING).toBe('elephant');
  });

  it('gives its files', async () => {
    const id = await doneJob({ name: 'minutes.of.may.wav' });
    const { page } = await portal.visit(`/jobs/${id}`);
    const get = async (item: string): Promise<Download> => {
      const coming = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download' }).click();
      await page.getByRole('menuitem', { name: item }).click();
      return coming;
    };
    const text = await get('Text (.txt)');
    expect(text.suggestedFilename()).toBe('minutes.of.may.txt');
    expect((await contentOf(text)).toString().trim()).toBe(SHORT_CLIP_TEXT);
    const subtitles = await get('Subtitles (.srt)');
    expect(subtitles.suggestedFilename()).toBe('minutes.of.may.srt');
    expect((await contentOf(subtitles)).toString()).toMatch(/^1\r?\n00:00:00,\d{3} --> /);
    const words = JSON.parse((await contentOf(await get('Words with times (json-v2)'))).toString());
    expect(words).toMatchObject({ job: { id }, results: expect.any(Array) });
    const audio = await get('Recording');
    expect(audio.suggestedFilename()).toBe('minutes.of.may.wav');
    expect(await contentOf(audio)).toEqual(Buffer.from(await readClip()));
  });

  it('is deleted after one has confirmed it', async () => {
    const id = await doneJob({ name: 'to be deleted.wav' });
    const { page, isAccessible, go } = await portal.visit('/jobs');
    await rowOf(page, 'to be deleted.wav').getByRole('link').click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByText('This cannot be undone.').waitFor();
    await isAccessible();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete job' }).click();
    await page.getByText('Job deleted.').waitFor();
    await expect.poll(() => rowOf(page, 'to be deleted.wav').count()).toBe(0);
    await go(`/jobs/${id}`);
    await page.getByText(/^This job was deleted$|^There is no such job in this project$/).waitFor();
  });

  it('says what the browser cannot play, and offers it', async () => {
    const id = await doneJob();
    const { page, isAccessible } = await portal.visit('/jobs');
    await page.route('**/objects/*', (route) =>
      route.fulfill({ contentType: 'application/octet-stream', body: 'no audio' }),
    );
    await page.goto(`${page.url()}/${id}`);
    await page.getByText('This browser cannot play the recording').waitFor();
    await page.getByRole('link', { name: 'Download the recording' }).waitFor();
    await page.getByText(SHORT_CLIP_TEXT, { exact: true }).waitFor();
    await isAccessible();
  });

  it('says why it was rejected', async () => {
    const errors = [{ timestamp: '2026-03-01T00:00:00Z', message: 'unable to fetch audio: <b>404</b>' }];
    const { page, isAccessible } = await portal.visit('/jobs');
    await page.route('**/v2/jobs/rejected*?*', (route) =>
      route.fulfill({ json: { job: { ...olderThan(null)[0], id: 'rejected', status: 'rejected', errors } } }),
    );
    await page.goto(`${page.url()}/rejected`);
    await page.getByText('This job was rejected').waitFor();
    await page.getByText('unable to fetch audio: <b>404</b>').waitFor();
    await isAccessible();
  });
});

/** The numbers of the words that the search has gone to. */
const foundWords = (page: Page): Promise<number[]> =>
  page
    .locator('[data-transcript] p span')
    .evaluateAll((all) => all.flatMap((one, index) => (/_found_/.test(one.className) ? [index] : [])));

const contentOf = async (download: Download): Promise<Buffer> => readFile(await download.path());
