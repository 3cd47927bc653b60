import { describe, expect, it } from 'vitest';
import { ask, endOfJob, jobForm, listJobs } from '../helpers/api.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { serverOfTest, temporaryDirectory } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

describe('SIGTERM', () => {
  it('ends an idle server at once, and well before its limit', async () => {
    const server = await startServer({ env: { PARLEY_ENGINE: 'scripted', PARLEY_STOP_SECONDS: '600' } });
    await ask(server, '/v2/jobs', { key: server.bootstrap.api_key }); // leaves an idle connection
    expect(await server.stop()).toBe(0);
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
    const body = jobForm(await longRecording({ minutes: 3 }));
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
