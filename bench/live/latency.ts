/**
 * How long after a word was spoken it is there: with the embedded engine, and, with the scripted engine that needs no
 * time of its own, what Parley adds to an engine that is called directly in this process.
 */
import { createScripted } from '../../src/engines/scripted/engine.ts';
import { startServer } from '../../test/helpers/server.ts';
import { printTable, quantile } from '../table.ts';
import { type Delays, speech, throughEngine, throughServer } from './paced.ts';

const SECONDS = 60;
const MAX_DELAY = 1;
const BOUNDS = { finals: MAX_DELAY + 0.3, partials: 0.5, addedMs: 10 };
const options = { language: 'en', maxDelaySeconds: MAX_DELAY, hasPartials: true, silenceSeconds: 0 };
const config = { max_delay: MAX_DELAY, enable_partials: true };
const audio = await speech(SECONDS);

const real = await startServer();
// The first session loads the engine.
await throughServer(real, real.bootstrap.api_key, { audio: audio.subarray(0, 96_000), config });
const heard = await throughServer(real, real.bootstrap.api_key, { audio, config });
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
  ['', 'words', 'median', 'p90', 'p99'],
  [
    row('embedded engine: final', heard.finals),
    row('embedded engine: first partial', heard.partials),
    row('scripted engine in this process: final', direct.finals),
    row('scripted engine behind Parley: final', served.finals),
  ],
);
const added = 1_000 * (quantile(served.finals, 0.99) - quantile(direct.finals, 0.99));
console.log(`\nadded by Parley at the 99th percentile: ${added.toFixed(1)} ms (bound ${BOUNDS.addedMs})`);
console.log(
  `finals within ${BOUNDS.finals} s, partials within ${BOUNDS.partials} s (median): ${verdict(heard)}`,
);

function verdict({ finals, partials }: Delays): string {
  const isMet = quantile(finals, 0.5) <= BOUNDS.finals && quantile(partials, 0.5) <= BOUNDS.partials;
  return isMet ? 'met' : 'MISSED';
}
