import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { endOfJob, submitSpeech } from '../helpers/api.ts';
import { newDatabase } from '../helpers/postgres.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** Two processes on one database, each with files of its own: no worker may take a job whose audio it does not have. */
it('jobs are run by the process that holds their audio, also after it was killed', async () => {
  const databaseUrl = await newDatabase();
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl };
  const first = await startServer({ env, keepData: true });
  undo.push(() => first.stop());
  const { bootstrap, dataDir } = first;
  const second = await startServer({
    bootstrap,
    env: { ...env, PARLEY_PEPPER_FILE: path.join(dataDir, 'pepper') },
  });
  undo.push(() => second.stop());
  const key = bootstrap.api_key;

  async function allDone(ids: readonly string[], asked: RunningServer): Promise<void> {
    const jobs = await Promise.all(ids.map((id) => endOfJob(asked, key, id)));
    expect(jobs.map(({ status, errors }) => ({ status, errors }))).toEqual(
      ids.map(() => ({ status: 'done', errors: undefined })),
    );
  }
  const submitTo = (server: RunningServer) =>
    Promise.all(Array.from({ length: 10 }, () => submitSpeech(server, key)));

  await allDone([...(await submitTo(first)), ...(await submitTo(second))], second);
  const pending = await submitTo(first);
  first.kill('SIGKILL');
  await first.stop();
  await allDone(await submitTo(second), second);
  const again = await startServer({ env, dataDir });
  undo.push(() => again.stop());
  await allDone(pending, again);
});
