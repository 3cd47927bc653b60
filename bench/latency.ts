/**
 * Submit to `done` on a warm server, next to what decoding and recognising the same ten seconds of speech costs when
 * called directly in this process. The difference is what Parley adds.
 */
import { fileURLToPath } from 'node:url';
import { createDecoder } from '../src/audio/decoder.ts';
import { loadConfig } from '../src/config/load.ts';
import { createEngine } from '../src/engines/registry.ts';
import { ask, ENGLISH, jobForm, type WireJob } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { writeTemporaryRecording } from './recording.ts';
import { median, printTable } from './table.ts';

const SECONDS = 10;
const ROUNDS = 15;

const { path, bytes } = await writeTemporaryRecording(SECONDS);
const config = loadConfig({ PATH: process.env.PATH });
const decoder = createDecoder({ ...config.audio, searchPath: config.searchPath });
const engine = await createEngine({ name: 'moonshine', settings: { threads: config.engines.threads } });
const server = await startServer();
const key = server.bootstrap.api_key;

const bare: number[] = [];
const served: number[] = [];
await recognise();
await submitAndWait();
for (let round = 0; round < ROUNDS; round += 1) {
  bare.push(await milliseconds(recognise));
  served.push(await milliseconds(submitAndWait));
}
printTable(
  `Submit to done, ${SECONDS} s of speech, ms (median of ${ROUNDS})`,
  ['bare engine', 'Parley', 'added'],
  [
    [bare, served]
      .map((samples) => median(samples).toFixed(0))
      .concat((median(served) - median(bare)).toFixed(0)),
  ],
);
await server.stop();
await engine.close();

async function recognise(): Promise<void> {
  const { signal } = new AbortController();
  for await (const _ of engine.recognizeFile(decoder.decode(path, signal), { language: 'en' }, signal));
}

async function submitAndWait(): Promise<void> {
  const body = jobForm(bytes, { config: ENGLISH });
  const { id } = (await ask(server, '/v2/jobs', { method: 'POST', key, body })).json<{ id: string }>();
  const { job } = (await ask(server, `/v2/jobs/${id}?wait=30`, { key })).json<{ job: WireJob }>();
  if (job.status !== 'done')
    throw new Error(`the job is ${job.status}, run ${fileURLToPath(import.meta.url)} again`);
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
