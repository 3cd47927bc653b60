import path from 'node:path';
import { expect, it } from 'vitest';
import { endOfJob, submitSpeech } from '../helpers/api.ts';
import { killServer, serverOfTest } from '../helpers/per-test.ts';
import { newDatabase } from '../helpers/postgres.ts';
import type { RunningServer } from '../helpers/server.ts';

/** Two processes on one database, each with files of its own: no worker may take a job whose audio it does not have. */
it('jobs are run by the process that holds their audio, also after it was killed', async () => {
  const databaseUrl = await newDatabase();
  const env = { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl };
  const first = await serverOfTest({ env, keepData: true });
  const { bootstrap, dataDir } = first;
  const second = await serverOfTest({
    bootstrap,
    env: { ...env, PARLEY_PEPPER_FILE: path.join(dataDir, 'pepper') },
  });
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
  await killServer(first);
  await allDone(await submitTo(second), second);
  const again = await serverOfTest({ env, dataDir });
  await allDone(pending, again);
});
