/**
 * How long after a word was spoken it is there: with the embedded engine, and, with the scripted engine that needs no
 * time of its own, what Parley adds to an engine that is called directly in this process.
 */
import { createScripted } from '../../src/engines/scripted/engine.ts';
import { RealtimeClient } from '../../test/helpers/realtime.ts';
import { type RunningServer, startServer } from '../../test/helpers/server.ts';
import { printTable, quantile } from '../table.ts';
import { atPace, type Delays, speech, throughEngine, throughServer } from './paced.ts';

const SECONDS = 60;
const MAX_DELAY = 1;
/** Clients wait a second for a forced end. */
const BOUNDS = { finals: MAX_DELAY + 0.3, partials: 0.5, addedMs: 10, forced: 0.7 };
const FORCED_EVERY_SECONDS = 3;
const options = { language: 'en', maxDelaySeconds: MAX_DELAY, hasPartials: true, silenceSeconds: 0 };
const config = { max_delay: MAX_DELAY, enable_partials: true };
const audio = await speech(SECONDS);

const real = await startServer();
// The first session loads the engine.
await throughServer(real, real.bootstrap.api_key, { audio: audio.subarray(0, 96_000), config });
const heard = await throughServer(real, real.bootstrap.api_key, { audio, config });
const forced = await forcedEnds(real);
await real.stop();

const scripted = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
await throughServer(scripted, scripted.bootstrap.api_key, { audio: audio.subarray(0, 96_000), config });
const [direct, served] = await Promise.all([
  throughEngine(createScripted(), { audio, options }),
  throughServer(scripted, scripted.bootstrap.api_key, { audio, config }),
]);
await scripted.stop();

const row = (name: string, delays: readonly number[]) => [
  name,
  `${delays.length}`,
  ...[0.5, 0.9, 0.99].map((share) => quantile(delays, share).toFixed(3)),
];
printTable(
  `Seconds from the end of a word, max_delay ${MAX_DELAY}, ${SECONDS} s of speech at its own pace`,
  ['', 'count', 'median', 'p90', 'p99'],
  [
    row('embedded engine: final', heard.finals),
    row('embedded engine: first partial', heard.partials),
    row('embedded engine: forced end of an utterance, from asking', forced),
    row('scripted engine in this process: final', direct.finals),
    row('scripted engine behind Parley: final', served.finals),
  ],
);
const added = 1_000 * (quantile(served.finals, 0.99) - quantile(direct.finals, 0.99));
console.log(`\nadded by Parley at the 99th percentile: ${added.toFixed(1)} ms (bound ${BOUNDS.addedMs})`);
console.log(
  `finals within ${BOUNDS.finals} s, partials within ${BOUNDS.partials} s (median): ${verdict(heard)}`,
);
console.log(
  `forced ends within ${BOUNDS.forced} s (p90): ${quantile(forced, 0.9) <= BOUNDS.forced ? 'met' : 'MISSED'}`,
);

/** Seconds from asking for the end of an utterance to being told of it, in the middle of speech. */
async function forcedEnds(server: RunningServer): Promise<number[]> {
  const client = await RealtimeClient.start(server, { key: server.bootstrap.api_key }, { config });
  const bytes = FORCED_EVERY_SECONDS * 32_000;
  const seconds: number[] = [];
  for (let at = 0; at < audio.length; at += bytes) {
    await atPace(audio.subarray(at, at + bytes), performance.now(), (piece) => client.audio(piece));
    const from = client.messages.length;
    const askedMs = performance.now();
    client.say({ message: 'ForceEndOfUtterance' });
    await client.next('EndOfUtterance', { from });
    seconds.push((performance.now() - askedMs) / 1_000);
  }
  await client.finish();
  client.close();
  return seconds;
}

function verdict({ finals, partials }: Delays): string {
  const isMet = quantile(finals, 0.5) <= BOUNDS.finals && quantile(partials, 0.5) <= BOUNDS.partials;
  return isMet ? 'met' : 'MISSED';
}
