/**
 * Words that the embedded engine gets wrong while it listens, against the same recordings as files, and what listening
 * costs: `npx tsx bench/live/accuracy.ts`. The audio is handed over as fast as it is taken: what is heard does not
 * depend on the time.
 */
import type { Engine, ListenOptions } from '../../src/engines/engine.ts';
import { createMoonshine } from '../../src/engines/moonshine/engine.ts';
import type { Item } from '../../src/transcripts/item.ts';
import { readSpeech, type SpeechClip } from '../../test/fixtures/speech/clips.ts';
import { spokenWords, wordErrors } from '../../test/helpers/word-error-rate.ts';
import { printTable } from '../table.ts';

const SAMPLE_RATE = 16_000;
const CHUNK = 1_600;
const NEVER = new AbortController().signal;
/** Points that real time with the longest delay may lose to batch. */
const MAX_LOSS = 2;

const clips = readSpeech();
const engine = await createMoonshine({ threads: 1 });
const batch = await measure('as files', (clip) =>
  engine.recognizeFile(chunks(clip), { language: 'en' }, NEVER),
);
const rows = [batch];
for (const hasPartials of [true, false]) {
  for (const maxDelaySeconds of [4, 2, 1, 0.7]) {
    const name = `live, max_delay ${maxDelaySeconds}, ${hasPartials ? 'partials' : 'no partials'}`;
    const options = { language: 'en', maxDelaySeconds, hasPartials, silenceSeconds: 0 };
    rows.push(await measure(name, (clip) => finals(engine, clip, options)));
  }
}
await engine.close();
printTable(
  'Listening with the embedded engine',
  ['', 'words', 'errors', 'word error rate %', 'processor seconds per second'],
  rows.map(({ name, words, errors, rate, cost }) => [
    name,
    `${words}`,
    `${errors}`,
    rate.toFixed(1),
    cost.toFixed(3),
  ]),
);
const slow = rows.find(({ name }) => name.startsWith('live, max_delay 4'));
const isMet = slow !== undefined && slow.rate - batch.rate <= MAX_LOSS;
console.log(`\nmax_delay 4 within ${MAX_LOSS} points of files: ${isMet ? 'met' : 'MISSED'}`);

async function measure(name: string, listen: (clip: SpeechClip) => AsyncIterable<Item>) {
  const before = process.cpuUsage();
  const sum = { words: 0, errors: 0, seconds: 0 };
  for (const clip of clips) {
    let text = '';
    for await (const item of listen(clip)) text += `${item.type === 'word' ? ' ' : ''}${item.content}`;
    sum.words += clip.words.length;
    sum.errors += wordErrors(clip.words, spokenWords(text));
    sum.seconds += clip.samples.length / SAMPLE_RATE;
  }
  const { user, system } = process.cpuUsage(before);
  return { name, ...sum, rate: (100 * sum.errors) / sum.words, cost: (user + system) / 1e6 / sum.seconds };
}

async function* finals(from: Engine, clip: SpeechClip, options: ListenOptions): AsyncGenerator<Item> {
  if (!from.listen) throw new Error('the engine does not listen');
  for await (const update of from.listen(chunks(clip), options, NEVER)) yield* update.finals;
}

async function* chunks({ samples }: SpeechClip): AsyncGenerator<Float32Array> {
  for (let at = 0; at < samples.length; at += CHUNK) yield samples.subarray(at, at + CHUNK);
}
