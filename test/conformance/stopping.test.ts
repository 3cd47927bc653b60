import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, listJobs } from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashProcess } from '../helpers/leash.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

describe('SIGTERM', () => {
  it('ends an idle server at once, and well before its limit', async () => {
    const server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_STOP_SECONDS: '600' } });
    await ask(server, '/v2/jobs', { key: server.bootstrap.api_key }); // leaves an idle connection
    expect(await server.stop()).toBe(0);
  });

  it('does not wait for who is silent on the port of the metrics', async () => {
    const port = await freePort();
    const server = await startServer({
      env: { PARLEY_ENGINE: 'scripted', PARLEY_METRICS_PORT: String(port) },
    });
    const silent = connect(port, '127.0.0.1').on('error', () => {});
    await once(silent, 'connect');
    const sentMs = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - sentMs).toBeLessThan(6_000);
  });

  it('ends a start at once, with 0', async () => {
    const dataDir = temporaryDirectory();
    const { PATH, HOME } = process.env;
    // Its own database and engine: the start takes seconds.
    const env = { PATH, HOME, PARLEY_PORT: '0', PARLEY_DATA_DIR: dataDir };
    const child = spawn(process.execPath, [MAIN, 'serve'], { env });
    const exited = once(child, 'exit');
    if (child.pid !== undefined) void exited.then(leashProcess(child.pid, 'KILL'));
    await expect.poll(() => readdirSync(dataDir), { timeout: 20_000, interval: 20 }).not.toEqual([]);
    const sentMs = performance.now();
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - sentMs).toBeLessThan(3_000);
    const next = await serverOfTest({ env: { PARLEY_ENGINE: 'scripted' }, dataDir });
    expect((await ask(next, '/v2/jobs', { key: next.bootstrap.api_key })).status).toBe(200);
  });

  it('lets an open request see the end of its job, takes no new work, and ends with 0', async () => {
    const server = await serverOfTest({ env: { PARLEY_STOP_SECONDS: '600' } });
    const { api_key: key } = server.bootstrap;
    const body = jobForm(await longRecording({ minutes: 1 }));
    const submitted = await ask(server, '/v2/jobs', { method: 'POST', key, body });
    const { id } = submitted.json<{ id: string }>();
    const waiting = ask(server, `/v2/jobs/${id}?wait=60`, { key });
    await runs(server, key, id);
    const stopped = server.stop();
    await expect
      .poll(
        () =>
          ask(server, '/health/ready').then(
            ({ status }) => status,
            () => 'refused',
          ),
        { timeout: 5_000 },
      )
      .not.toBe(200);
    const answer = await waiting;
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ job: { id, status: 'done' } });
    expect(await stopped).toBe(0);
  });

  it('gives a long job back after the limit, still ends with 0, and the next server finishes it', async () => {
    const dataDir = temporaryDirectory();
    const env = { PARLEY_DATABASE_URL: await newDatabase() };
    const first = await startServer({ env: { ...env, PARLEY_STOP_SECONDS: '1' }, dataDir });
    const { api_key: key } = first.bootstrap;
    const body = jobForm(await longRecording({ minutes: 2 }));
    const submitted = await ask(first, '/v2/jobs', { method: 'POST', key, body });
    const { id } = submitted.json<{ id: string }>();
    const waiting = ask(first, `/v2/jobs/${id}?wait=60`, { key }).catch((error: unknown) => error);
    await runs(first, key, id);
    expect(await first.stop()).toBe(0);
    expect(await waiting).toBeInstanceOf(Error);
    const second = await serverOfTest({ env, dataDir });
    expect(await endOfJob(second, key, id)).toMatchObject({ id, status: 'done' });
    expect(await listJobs(second, key)).toHaveLength(1);
  });

  const runs = async (server: RunningServer, key: string, id: string) =>
    expect((await ask(server, `/v2/jobs/${id}?wait=0`, { key })).json()).toMatchObject({
      job: { status: 'running' },
    });
});
