/**
 * How many streams of real speech two things keep up with: the bare engine in as many processes as there are processors,
 * and Parley with the same; and what happens to running sessions when more are wanted than there are places.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { EnginePool } from '../../src/engines/pool.ts';
import { ENGLISH_START, RealtimeClient } from '../../test/helpers/realtime.ts';
import { type RunningServer, startServer } from '../../test/helpers/server.ts';
import { printTable, quantile } from '../table.ts';
import { type Delays, speech, throughEngine, throughServer } from './paced.ts';

const SECONDS = 30;
const MAX_DELAY = 1;
/** A stream is kept up with while nine of ten of its words are final so soon. */
const KEPT_UP_SECONDS = MAX_DELAY + 1;
const MIN_RATIO = 0.9;
const options = { language: 'en', maxDelaySeconds: MAX_DELAY, hasPartials: true, silenceSeconds: 0 };
const config = { max_delay: MAX_DELAY, enable_partials: true };
const audio = await speech(SECONDS);
const processes = availableParallelism();

const pool = await EnginePool.start(
  { name: 'moonshine', settings: { threads: 1 } },
  { processes: 1, liveProcesses: processes },
);
const bare = await mostStreams(() => throughEngine(pool, { audio, options }));
await pool.close();

const server = await startServer({
  env: { PARLEY_MAX_STREAMS: '1000', PARLEY_MAX_WORKSPACE_SESSIONS: '1000' },
});
const served = await mostStreams(() => throughServer(server, server.bootstrap.api_key, { audio, config }));
await server.stop();

const full = await startServer({ env: { PARLEY_MAX_STREAMS: `${served.whole}` } });
const crowded = await beyond(full, served.whole);
await full.stop();

printTable(
  `Streams of real speech kept up with on ${processes} processors`,
  ['', 'streams', 'final at p90, s'],
  [
    ['bare engine', `${bare.whole}`, bare.p90.toFixed(2)],
    ['Parley', `${served.whole}`, served.p90.toFixed(2)],
    [`Parley, with ${served.whole} more refused`, `${served.whole}`, crowded.p90.toFixed(2)],
  ],
);
console.log(
  `\n${served.streams.toFixed(1)} of ${bare.streams.toFixed(1)} streams: ${(served.streams / bare.streams).toFixed(2)} (bound ${MIN_RATIO}); refused: ${crowded.refused}`,
);

/** Adds streams until they are not kept up with any more; `streams`: where that begins, between two of the measurements. */
async function mostStreams(
  one: () => Promise<Delays>,
): Promise<{ streams: number; whole: number; p90: number }> {
  await Promise.all(Array.from({ length: processes }, one));
  let before = Number.NaN;
  for (let streams = 2 * processes; ; streams += 1) {
    const p90 = await p90Of(Array.from({ length: streams }, (_, index) => later(index / streams, one)));
    console.error(`${streams} streams: ${p90.toFixed(2)} s`);
    if (p90 > KEPT_UP_SECONDS) {
      const share = (KEPT_UP_SECONDS - before) / (p90 - before);
      return { streams: streams - 1 + share, whole: streams - 1, p90: before };
    }
    before = p90;
  }
}

/** People do not speak in step. */
async function later<T>(share: number, one: () => Promise<T>): Promise<T> {
  await sleep(share * 1_000);
  return one();
}

async function beyond({ baseUrl, bootstrap }: RunningServer, streams: number) {
  const key = bootstrap.api_key;
  const one = () => throughServer({ baseUrl }, key, { audio, config });
  const running = Array.from({ length: streams }, (_, index) => later(index / streams, one));
  await sleep(1_000);
  let refused = 0;
  for (let more = 0; more < streams; more += 1) {
    await sleep((SECONDS * 500) / streams);
    const client = await RealtimeClient.connect({ baseUrl }, { key });
    client.say(ENGLISH_START);
    if ((await client.closed).code === 4005) refused += 1;
  }
  return { p90: await p90Of(running), refused };
}

async function p90Of(streams: Promise<Delays>[]): Promise<number> {
  const delays = await Promise.all(streams);
  return quantile(
    delays.flatMap(({ finals }) => finals),
    0.9,
  );
}
