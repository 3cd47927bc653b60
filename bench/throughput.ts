/**
 * A queue of a hundred one-minute recordings, from the first submission to the last `done`, next to the same recordings
 * decoded and recognised by a loop over as many engine processes. The two take turns of twenty recordings, so that a slow
 * moment of the machine counts on both sides.
 */
import { createDecoder } from '../src/audio/decoder.ts';
import { loadConfig } from '../src/config/load.ts';
import { EnginePool } from '../src/engines/pool.ts';
import { ask, ENGLISH, jobForm, type WireJob } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { writeTemporaryRecording } from './recording.ts';
import { printTable } from './table.ts';

const TURNS = 5;
const FILES_OF_A_TURN = 20;
const SECONDS = 60;

const { path, bytes } = await writeTemporaryRecording(SECONDS);
const config = loadConfig({ PATH: process.env.PATH });
const { processes, threads } = config.engines;

const bare = await bareEngine();
const parley = await parleyServer();
const seconds = { bare: 0, parley: 0 };
for (let turn = 0; turn < TURNS; turn += 1) {
  seconds.bare += await timed(() => bare.transcribe(FILES_OF_A_TURN));
  seconds.parley += await timed(() => parley.transcribe(FILES_OF_A_TURN));
}
await Promise.all([bare.stop(), parley.stop()]);
printTable(
  `${TURNS * FILES_OF_A_TURN} recordings of ${SECONDS} s, ${processes} engine processes`,
  ['bare engine, s', 'Parley, s', 'of the bare throughput', 'bound'],
  [[seconds.bare.toFixed(1), seconds.parley.toFixed(1), (seconds.bare / seconds.parley).toFixed(2), '0.95']],
);

async function bareEngine() {
  const decoder = createDecoder({ ...config.audio, searchPath: config.searchPath });
  const pool = await EnginePool.start(
    { name: 'moonshine', settings: { threads } },
    { processes, liveProcesses: 1 },
  );
  const { signal } = new AbortController();
  const recognise = async () => {
    for await (const _ of pool.recognizeFile(decoder.decode(path, signal), { language: 'en' }, signal));
  };
  const transcribe = async (files: number) => {
    let left = files;
    const loop = async () => {
      while (left-- > 0) await recognise();
    };
    await Promise.all(Array.from({ length: processes }, loop));
  };
  await transcribe(processes); // so that every process has loaded its model
  return { transcribe, stop: () => pool.close() };
}

async function parleyServer() {
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
  const transcribe = async (files: number) => {
    const ids: string[] = [];
    for (let file = 0; file < files; file += 1) ids.push(await submit());
    for (const id of ids) await untilDone(id);
  };
  await transcribe(processes);
  return { transcribe, stop: () => server.stop() };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}
