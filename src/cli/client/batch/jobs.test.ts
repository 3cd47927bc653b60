import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { apiUrl } from '../target.ts';
import { endOfJob } from './jobs.ts';

/** A server that gives these answers, one after the other, and then the last again. */
async function answering(...answers: readonly [status: number, body: object][]) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const [status, body] = answers[Math.min(asked.push(request.url ?? ''), answers.length) - 1] ?? [500, {}];
    response.writeHead(status).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = apiUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { target: { url }, asked };
}

const running = { job: { id: 'a', status: 'running' } };
const done = { job: { id: 'a', status: 'done' } };
const never = new AbortController().signal;

it('asks again while the job runs, and when the server is busy or gone for a moment', async () => {
  const server = await answering([200, running], [503, {}], [429, { error: 'Too many' }], [200, done]);
  expect(await endOfJob(server.target, 'a', never, { askEveryMs: 1 })).toEqual(done.job);
  expect(server.asked).toEqual(Array(4).fill('/v2/jobs/a?wait=20'));
});

it('does not ask again when it is refused', async () => {
  const server = await answering([404, { code: 404, error: 'Job not found' }]);
  const end = endOfJob(server.target, 'a', never, { askEveryMs: 1 });
  await expect(end).rejects.toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/ answered 404: Job not found$/),
  });
  expect(server.asked).toHaveLength(1);
});

it('counts only failures in a row', async () => {
  const busy = Array<[number, object]>(29).fill([503, {}]);
  const server = await answering(...busy, [200, running], ...busy, [200, done]);
  expect(await endOfJob(server.target, 'a', never, { askEveryMs: 1 })).toEqual(done.job);
});

it('gives up a server that stays away', async () => {
  const server = await answering([503, {}]);
  const end = endOfJob(server.target, 'a', never, { askEveryMs: 1 });
  await expect(end).rejects.toThrow(/answered 503: no reason given/);
  expect(server.asked).toHaveLength(30);
});

it('takes nothing for a job that is none', async () => {
  const { target } = await answering([200, {}]);
  await expect(endOfJob(target, 'a', never)).rejects.toThrow(/does not answer as the Speechmatics API does/);
});

it('ends with the reason of the signal', async () => {
  const { target } = await answering([200, running]);
  const reason = new Error('interrupted');
  await expect(endOfJob(target, 'a', AbortSignal.abort(reason))).rejects.toBe(reason);
});
