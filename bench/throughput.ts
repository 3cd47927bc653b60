/**
 * A queue of a hundred one-minute recordings, from the first submission to the last `done`, next to the same recordings
 * decoded and recognised by a loop over as many engine processes.
 */
import { createDecoder } from '../src/audio/decoder.ts';
import { loadConfig } from '../src/config/load.ts';
import { EnginePool } from '../src/engines/pool.ts';
import { ask, ENGLISH, jobForm, type WireJob } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { writeTemporaryRecording } from './recording.ts';
import { printTable } from './table.ts';

const FILES = 100;
const SECONDS = 60;

const { path, bytes } = await writeTemporaryRecording(SECONDS);
const config = loadConfig({ PATH: process.env.PATH });
const { processes, threads } = config.engines;

const bareSeconds = await driveEngine();
const parleySeconds = await driveParley();
printTable(
  `${FILES} recordings of ${SECONDS} s, ${processes} engine processes`,
  ['bare engine, s', 'Parley, s', 'of the bare throughput', 'bound'],
  [[bareSeconds.toFixed(1), parleySeconds.toFixed(1), (bareSeconds / parleySeconds).toFixed(2), '0.95']],
);

async function driveEngine(): Promise<number> {
  const decoder = createDecoder({ ...config.audio, searchPath: config.searchPath });
  const pool = await EnginePool.start({ name: 'moonshine', settings: { threads } }, processes);
  const { signal } = new AbortController();
  const recognise = async () => {
    for await (const _ of pool.recognizeFile(decoder.decode(path, signal), { language: 'en' }, signal));
  };
  // So that every process has loaded its model.
  await Promise.all(Array.from({ length: processes }, recognise));
  const seconds = await timed(async () => {
    let left = FILES;
    const loop = async () => {
      while (left-- > 0) await recognise();
    };
    await Promise.all(Array.from({ length: processes }, loop));
  });
  await pool.close();
  return seconds;
}

async function driveParley(): Promise<number> {
  const server = await startServer({
    env: { PARLEY_RATE_SUBMIT: '10000/10000', PARLEY_RATE_READ: '10000/10000' },
  });
  const key = server.bootstrap.api_key;
  const submit = async () => {
    const body = jobForm(bytes, { config: ENGLISH });
    return (await ask(server, '/v2/jobs', { method: 'POST', key, body })).json<{ id: string }>().id;
  };
  const untilDone = async (id: string) => {
    for (;;) {
      const answer = await ask(server, `/v2/jobs/${id}?wait=60`, { key });
      const { status } = answer.json<{ job: WireJob }>().job;
      if (status === 'done') return;
      if (status !== 'running') throw new Error(`a job is ${status}`);
    }
  };
  await Promise.all((await Promise.all(Array.from({ length: processes }, submit))).map(untilDone));
  const seconds = await timed(async () => {
    const ids: string[] = [];
    for (let file = 0; file < FILES; file += 1) ids.push(await submit());
    for (const id of ids) await untilDone(id);
  });
  await server.stop();
  return seconds;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}
