import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { ask, ENGLISH, endOfJob, listJobs, readClip, submitSpeech } from '../helpers/api.ts';
import { killServer, serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { RunningServer } from '../helpers/server.ts';

/** A server that dies while it waits for another: what it owed is done after the next start. */
let databaseUrl: string;
beforeEach(async () => {
  databaseUrl = await newDatabase();
});

function start(dataDir: string): Promise<RunningServer> {
  const env = {
    PARLEY_ENGINE: 'scripted',
    PARLEY_FETCH_ALLOW: '127.0.0.1',
    PARLEY_DATABASE_URL: databaseUrl,
  };
  return serverOfTest({ dataDir, env });
}

it('kill -9 between the end of a job and its callbacks loses none of them', async () => {
  // The first of each is never answered, as if the server had died before it was sent.
  const receiver = await startReceiver((_, response, nth) => nth > 1 && response.writeHead(204).end());
  onTestFinished(() => receiver.close());
  const paths = ['/a', '/b', '/c'];
  const notification_config = paths.map((path) => ({
    url: `${receiver.url}${path}`,
    contents: ['transcript.txt'],
  }));
  const dataDir = temporaryDirectory();
  const first = await start(dataDir);
  const { api_key: key } = first.bootstrap;
  const id = await submitSpeech(first, key, { config: { ...ENGLISH, notification_config } });
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(3);
  await killServer(first);

  const second = await start(dataDir);
  await expect.poll(() => receiver.received.length, { timeout: 40_000 }).toBe(6);
  const text = (await ask(second, `/v2/jobs/${id}/transcript?format=txt`, { key })).text;
  for (const path of paths) {
    const target = `${path}?id=${id}&status=success`;
    expect(receiver.at(path)).toMatchObject([{ target }, { target }]);
    expect(receiver.at(path).map(({ body }) => body.toString())).toEqual([text, text]);
  }
  expect(await endOfJob(second, key, id)).toMatchObject({ id, status: 'done' });
});

it('kill -9 while audio is fetched loses no job and doubles none', async () => {
  const clip = await readClip();
  const receiver = await startReceiver((_, response, nth) =>
    nth === 1 ? response.write(clip.subarray(0, 50_000)) : response.end(clip),
  );
  onTestFinished(() => receiver.close());
  const dataDir = temporaryDirectory();
  const first = await start(dataDir);
  const { api_key: key } = first.bootstrap;
  const body = new FormData();
  body.append('config', JSON.stringify({ ...ENGLISH, fetch_data: { url: receiver.url } }));
  const answer = await ask(first, '/v2/jobs', { method: 'POST', key, body });
  await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(1);
  await killServer(first);

  const second = await start(dataDir);
  const { id } = answer.json<{ id: string }>();
  expect(await endOfJob(second, key, id)).toMatchObject({ id, status: 'done', duration: 4 });
  expect((await listJobs(second, key)).map((job) => job.id)).toEqual([id]);
});

it('a stop in the middle leaves the rest to the next start, at once', async () => {
  const clip = await readClip();
  const receiver = await startReceiver((_, response, nth) => nth > 1 && response.end(clip));
  onTestFinished(() => receiver.close());
  const dataDir = temporaryDirectory();
  const first = await start(dataDir);
  const { api_key: key } = first.bootstrap;
  const body = new FormData();
  const notification_config = [{ url: `${receiver.url}/done`, contents: [] }];
  body.append(
    'config',
    JSON.stringify({ ...ENGLISH, fetch_data: { url: `${receiver.url}/audio` }, notification_config }),
  );
  const { id } = (await ask(first, '/v2/jobs', { method: 'POST', key, body })).json<{ id: string }>();
  await expect.poll(() => receiver.at('/audio').length, { timeout: 20_000 }).toBe(1);
  expect(await first.stop()).toBe(0);

  const second = await start(dataDir);
  await expect.poll(() => receiver.at('/done').length, { timeout: 10_000 }).toBe(1);
  expect(await second.stop()).toBe(0);

  const third = await start(dataDir);
  await expect.poll(() => receiver.at('/done').length, { timeout: 10_000 }).toBe(2);
  const job = await endOfJob(third, key, id);
  expect(job).toMatchObject({ status: 'done' });
  expect(job.errors).toBeUndefined();
});
