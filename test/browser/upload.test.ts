import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readClip, SHORT_CLIP_TEXT, submitSpeech } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';
import { launchChromium } from './chromium.ts';

/** An end user's page, served from another origin, that talks to the server with a temporary key and plain fetch. */
let server: RunningServer;
let site: Server;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await startServer({ isEmbedded: true });
  site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Recorder</title><input type="file">');
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  browser = await launchChromium();
  page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
});
afterAll(async () => {
  await browser?.close();
  site?.close();
  await server?.stop();
});

const temporaryKey = (clientRef: string): Promise<string> =>
  createSpeechmaticsJWT({
    type: 'batch',
    apiKey: server.bootstrap.api_key,
    clientRef,
    ttl: 600,
    managementPlatformURL: `${server.baseUrl}/v1`,
  });

interface Seen {
  readonly status: number;
  readonly requestId: string | null;
  readonly type: string | null;
  readonly body: string;
}

/** What a script of the page gets to see of an answer. */
function fetchInPage(path: string, key: string, method = 'GET'): Promise<Seen> {
  return page.evaluate(
    async ({ url, key, method }) => {
      const response = await fetch(url, { method, headers: { Authorization: `Bearer ${key}` } });
      return {
        status: response.status,
        requestId: response.headers.get('Request-Id'),
        type: response.headers.get('Content-Type'),
        body: await response.text(),
      };
    },
    { url: `${server.baseUrl}${path}`, key, method },
  );
}

describe('a page of another origin', () => {
  it('uploads a recording, waits, and reads its transcript', async () => {
    expect(new URL(page.url()).origin).not.toBe(server.baseUrl);
    await page.setInputFiles('input', {
      name: 'recording.wav',
      mimeType: 'audio/wav',
      buffer: Buffer.from(await readClip()),
    });
    const outcome = await page.evaluate(transcribeChosenFile, {
      api: server.baseUrl,
      key: await temporaryKey('USER123'),
    });
    expect(outcome).toMatchObject({ status: 'done', dataName: 'recording.wav' });
    expect(outcome.text.trim()).toBe(SHORT_CLIP_TEXT);
  });

  it('sees a bad key as a JSON answer it can read', async () => {
    for (const key of ['junk', `${await temporaryKey('USER123')}x`]) {
      for (const path of ['/v2/jobs', '/v2/nothing']) {
        const { status, requestId, type, body } = await fetchInPage(path, key);
        expect(status).toBe(401);
        expect(type).toMatch(/^application\/json/);
        expect(requestId).toMatch(/^[0-9a-f]{32}$/);
        expect(JSON.parse(body)).toEqual({ code: 401, error: 'Permission Denied' });
      }
    }
  });

  it('sees the job of another end user as none, and cannot delete it', async () => {
    const id = await submitSpeech(server, await temporaryKey('USER123'));
    const key = await temporaryKey('USER456');
    for (const method of ['GET', 'DELETE']) {
      const { status, requestId, body } = await fetchInPage(`/v2/jobs/${id}?force=true`, key, method);
      expect(status).toBe(404);
      expect(requestId).toMatch(/^[0-9a-f]{32}$/);
      expect(JSON.parse(body)).toEqual({ code: 404, error: 'Job not found' });
    }
    const own = await fetchInPage(`/v2/jobs/${id}`, await temporaryKey('USER123'));
    expect(JSON.parse(own.body)).toMatchObject({ job: { id, data_name: 'recording.wav' } });
  });

  it('deletes its own job', async () => {
    const key = await temporaryKey('USER789');
    const id = await submitSpeech(server, key);
    const { status, body } = await fetchInPage(`/v2/jobs/${id}?force=true`, key, 'DELETE');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ job: { id, status: 'deleted' } });
  });
});

/** The part of the page's document that is used below; the tests are compiled without the browser's types. */
declare const document: { querySelector(selector: string): { files: Blob[] } };

/** Runs in the page, as an integrator would write it. */
async function transcribeChosenFile({ api, key }: { api: string; key: string }) {
  const headers = { Authorization: `Bearer ${key}` };
  const read = async (path: string) => {
    const response = await fetch(`${api}${path}`, { headers });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const [recording] = document.querySelector('input').files;
  if (recording === undefined) throw new Error('no file was chosen');
  const form = new FormData();
  form.append('config', JSON.stringify({ type: 'transcription', transcription_config: { language: 'en' } }));
  form.append('data_file', recording);
  const submitted = await fetch(`${api}/v2/jobs`, { method: 'POST', headers, body: form });
  if (submitted.status !== 201) throw new Error(await submitted.text());
  const { id } = (await submitted.json()) as { id: string };
  for (;;) {
    const { job } = (await (await read(`/v2/jobs/${id}`)).json()) as {
      job: { status: string; data_name: string };
    };
    if (job.status === 'running') continue;
    const text = await (await read(`/v2/jobs/${id}/transcript?format=txt`)).text();
    return { status: job.status, dataName: job.data_name, text };
  }
}
