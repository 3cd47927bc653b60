import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, ENGLISH, endOfJob, readClip, submitSpeech, type WireJob } from '../helpers/api.ts';
import { formOf, type Received, type Receiver, startReceiver } from '../helpers/receiver.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let server: RunningServer;
let key: string;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver(({ target }, response, nth) => {
    if (target.startsWith('/broken')) response.writeHead(500).end();
    else if (target.startsWith('/second') && nth === 1) response.writeHead(413).end();
    else response.writeHead(204).end();
  });
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_FETCH_ALLOW: '127.0.0.1', PARLEY_RATE_SUBMIT: '100/1000' };
  server = await startServer({ env });
  key = server.bootstrap.api_key;
  failing = await submit([
    { path: '/second', contents: [] },
    { path: '/broken', contents: ['jobinfo'] },
  ]);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

/** A job whose callbacks fail. They are made again for a minute, during which the other tests run. */
let failing: string;

interface Entry {
  readonly path: string;
  readonly contents?: readonly string[];
  readonly method?: string;
}

/** Submits a job with callbacks. */
function submit(entries: readonly Entry[], extra: object = {}): Promise<string> {
  const notification_config = entries.map(({ path, ...entry }) => ({
    url: `${receiver.url}${path}`,
    ...entry,
  }));
  return submitSpeech(server, key, { config: { ...ENGLISH, ...extra, notification_config } });
}

/** Submits a job, waits for its callbacks, and resolves to the job and what each path got first. */
async function callbacks(entries: readonly Entry[], extra: object = {}) {
  const id = await submit(entries, extra);
  const job = await endOfJob(server, key, id);
  return { job, got: await Promise.all(entries.map(({ path }) => callback(path.split('?')[0] ?? ''))) };
}

async function callback(path: string): Promise<Received> {
  await expect.poll(() => receiver.at(path).length, { timeout: 20_000 }).toBeGreaterThan(0);
  return receiver.at(path)[0] as Received;
}

const transcript = async (job: WireJob, format: string) =>
  (await ask(server, `/v2/jobs/${job.id}/transcript?format=${format}`, { key })).text;

describe('a callback', () => {
  it('says which job has ended and how, by the method asked for, and keeps the query it had', async () => {
    const { job, got } = await callbacks([
      { path: '/query?a=%2F&b=1+2&id=7', contents: [], method: 'put' },
      { path: '/plain', contents: [] },
    ]);
    const [query, plain] = got;
    expect(query).toMatchObject({
      method: 'PUT',
      target: `/query?a=%2F&b=1+2&id=7&id=${job.id}&status=success`,
    });
    expect(plain).toMatchObject({ method: 'POST', target: `/plain?id=${job.id}&status=success` });
    expect(plain?.headers).toMatchObject({ 'user-agent': 'Speechmatics-API/2.0', 'content-length': '0' });
    expect(plain?.headers['content-type']).toBeUndefined();
    expect(job).not.toHaveProperty('errors');
  });

  it('without contents brings the transcript as a file named data_file', async () => {
    const { job, got } = await callbacks([{ path: '/default' }]);
    const form = await formOf(got[0] as Received);
    expect([...form.keys()]).toEqual(['data_file']);
    const file = form.get('data_file');
    expect([file?.name, file?.type]).toEqual([`${job.id}.json`, 'application/json']);
    expect(JSON.parse((await file?.text()) ?? '')).toEqual(JSON.parse(await transcript(job, 'json-v2')));
  });

  it.each([
    ['jobinfo', 'application/json', undefined],
    ['transcript', 'application/json', 'json-v2'],
    ['transcript.json-v2', 'application/json', 'json-v2'],
    ['transcript:json-v2', 'application/json', 'json-v2'],
    ['transcript.txt', 'text/plain; charset=utf-8', 'txt'],
    ['transcript.srt', 'text/plain; charset=utf-8', 'srt'],
  ])('with %s alone brings it as the body', async (content, type, format) => {
    const path = `/one-${content.replace(/\W/g, '-')}${content.includes(':') ? 'colon' : ''}`;
    const { job, got } = await callbacks([{ path, contents: [content] }], { tracking: { title: 'T' } });
    const [{ headers, body } = expect.fail('no callback')] = got;
    expect(headers['content-type']).toBe(type);
    if (format === undefined)
      expect(JSON.parse(body.toString())).toEqual({ ...job, tracking: { title: 'T' } });
    else expect(body.toString()).toBe(await transcript(job, format));
  });

  it('with data alone brings the upload as it was sent', async () => {
    const { got } = await callbacks([{ path: '/data', contents: ['data'] }]);
    expect(got[0]?.headers['content-type']).toBe('application/octet-stream');
    expect(new Uint8Array(got[0]?.body ?? [])).toEqual(await readClip());
  });

  it('with more brings a form with a file for each', async () => {
    const contents = [
      'jobinfo',
      'transcript',
      'transcript.txt',
      'transcript.srt',
      'data',
      'text',
      'alignment',
    ];
    const { job, got } = await callbacks([{ path: '/many', contents }]);
    const form = await formOf(got[0] as Received);
    expect([...form].map(([name, { name: fileName, type }]) => [name, fileName, type])).toEqual([
      ['jobinfo', `${job.id}.json`, 'application/json'],
      ['transcript', `${job.id}.json`, 'application/json'],
      ['transcript.txt', `${job.id}.txt`, 'text/plain; charset=utf-8'],
      ['transcript.srt', `${job.id}.srt`, 'text/plain; charset=utf-8'],
      ['data', job.id, 'application/octet-stream'],
    ]);
    expect(await form.get('transcript.txt')?.text()).toBe(await transcript(job, 'txt'));
    expect(new Uint8Array((await form.get('data')?.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(
      await readClip(),
    );
    expect(JSON.parse((await form.get('jobinfo')?.text()) ?? '')).toMatchObject({
      id: job.id,
      status: 'done',
    });
  });

  it('of a rejected job brings what there is, in the same form', async () => {
    const config = {
      ...ENGLISH,
      fetch_data: { url: `${receiver.url}/broken` },
      notification_config: [
        { url: `${receiver.url}/rejected`, contents: ['jobinfo', 'transcript', 'data'] },
        { url: `${receiver.url}/rejected-one`, contents: ['transcript'] },
        { url: `${receiver.url}/rejected-default` },
      ],
    };
    const body = new FormData();
    body.append('config', JSON.stringify(config));
    const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body })).json<{ id: string }>();
    const job = await endOfJob(server, key, id);
    expect(job.status).toBe('rejected');
    const [many, one, none] = await Promise.all(
      ['/rejected', '/rejected-one', '/rejected-default'].map((path) => callback(path)),
    );
    expect(many?.target).toBe(`/rejected?id=${id}&status=fetch_error`);
    const form = await formOf(many as Received);
    expect([...form.keys()]).toEqual(['jobinfo']);
    expect(JSON.parse((await form.get('jobinfo')?.text()) ?? '')).toMatchObject({ id, status: 'rejected' });
    expect([one?.body.length, none?.body.length]).toEqual([0, 0]);
  });

  it('of a job whose audio was fetched and is none says error', async () => {
    const config = {
      ...ENGLISH,
      fetch_data: { url: `${receiver.url}/nothing` },
      notification_config: [{ url: `${receiver.url}/no-audio`, contents: [] }],
    };
    const body = new FormData();
    body.append('config', JSON.stringify(config));
    const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body })).json<{ id: string }>();
    expect((await callback('/no-audio')).target).toBe(`/no-audio?id=${id}&status=error`);
  });

  it('that fails is made again, and noted among the errors of a job that stays done', {
    timeout: 120_000,
  }, async () => {
    const job = await endOfJob(server, key, failing);
    const messages = async () =>
      (await endOfJob(server, key, job.id)).errors?.map(({ message }) => message).toSorted() ?? [];
    const failed = (entry: number, status: number) =>
      `Error in sending notification: notification_config.${entry}. Response status: ${status}`;
    await expect
      .poll(messages, { timeout: 90_000, interval: 1_000 })
      .toEqual(
        [
          `${failed(0, 413)}, retrying`,
          ...Array(3).fill(`${failed(1, 500)}, retrying`),
          failed(1, 500),
          'Sending notification failed',
        ].toSorted(),
      );
    expect((await endOfJob(server, key, job.id)).status).toBe('done');
    const timesOf = (path: string) =>
      receiver
        .at(path)
        .filter(({ target }) => target.includes(job.id))
        .map(({ atMs }) => atMs);
    const gaps = (times: number[]) =>
      times.slice(1).map((atMs, index) => (atMs - (times[index] ?? 0)) / 1_000);
    expect(timesOf('/second')).toHaveLength(2);
    const [first = 0, second = 0, third = 0, ...more] = gaps(timesOf('/broken'));
    expect(more).toEqual([]);
    for (const [gap, least] of [
      [first, 15],
      [second, 20],
      [third, 30],
    ] as const) {
      expect(gap).toBeGreaterThanOrEqual(least - 0.1);
      expect(gap).toBeLessThan(least + 5);
    }
  });
});
