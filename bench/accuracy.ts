/** Accuracy and speed of the embedded engine on the speech fixtures: `npx tsx bench/accuracy.ts`. */
import { createMoonshine } from '../src/engines/moonshine/engine.ts';
import type { Item } from '../src/transcripts/item.ts';
import { type ReferenceWord, readReferenceTimes, readSpeech } from '../test/fixtures/speech/clips.ts';

const SAMPLE_RATE = 16_000;
const MAX_WORD_ERROR_RATE = 0.08;
const MAX_MEDIAN_START_ERROR_MS = 80;
const SPELLINGS: Record<string, string> = { mr: 'mister', mrs: 'missus', dr: 'doctor' };
const DIGITS = 'zero one two three four five six seven eight nine ten'.split(' ');

interface HeardWord {
  readonly word: string;
  /** Absent for the later parts of a compound: only its first part has a time of its own. */
  readonly startSeconds: number | undefined;
}

async function main(): Promise<void> {
  const references = readReferenceTimes();
  const loadBegin = performance.now();
  const engine = await createMoonshine({ threads: 1 });
  const loadMs = performance.now() - loadBegin;
  const rows = [];
  const startErrorsMs: number[] = [];
  const sum = { words: 0, errors: 0, seconds: 0, tookMs: 0 };
  for (const clip of readSpeech()) {
    const begin = performance.now();
    const heard = await hear(engine, clip.samples);
    const tookMs = performance.now() - begin;
    const { errors, pairs } = compare(references[clip.file] ?? [], heard);
    const clipErrorsMs = startErrors(pairs);
    startErrorsMs.push(...clipErrorsMs);
    const seconds = clip.samples.length / SAMPLE_RATE;
    rows.push(rowOf(clip.file, { words: clip.words.length, errors, seconds, tookMs }, clipErrorsMs));
    sum.words += clip.words.length;
    sum.errors += errors;
    sum.seconds += seconds;
    sum.tookMs += tookMs;
  }
  rows.push(rowOf('all', sum, startErrorsMs));
  console.table(rows);
  const { rss } = process.memoryUsage();
  console.log(`${engine.version}: loaded in ${Math.round(loadMs)} ms, ${Math.round(rss / 1e6)} MB resident`);
  for (const threads of [1, 2]) console.log(await timeTenSeconds(threads));
  await engine.close();
  const good =
    sum.errors / sum.words <= MAX_WORD_ERROR_RATE &&
    quantile(startErrorsMs, 0.5) <= MAX_MEDIAN_START_ERROR_MS;
  console.log(`bounds (word error rate 8 %, median start error 80 ms): ${good ? 'met' : 'MISSED'}`);
  process.exitCode = good ? 0 : 1;
}

type Sum = { words: number; errors: number; seconds: number; tookMs: number };

function rowOf(name: string, { words, errors, seconds, tookMs }: Sum, errorsMs: readonly number[]) {
  return {
    clip: name.replace('sense_and_sensibility_01_austen_64kb-', ''),
    words,
    errors,
    'word error rate %': Number(((100 * errors) / words).toFixed(1)),
    'seconds of audio': Number(seconds.toFixed(1)),
    'real-time factor': Number((tookMs / 1000 / seconds).toFixed(3)),
    'start error median ms': quantile(errorsMs, 0.5),
    'p90 ms': quantile(errorsMs, 0.9),
  };
}

async function hear(
  engine: Awaited<ReturnType<typeof createMoonshine>>,
  samples: Float32Array,
): Promise<HeardWord[]> {
  const audio = async function* () {
    yield samples;
  };
  const items: Item[] = [];
  const signal = new AbortController().signal;
  for await (const item of engine.recognizeFile(audio(), { language: 'en' }, signal)) items.push(item);
  return items.filter((item) => item.type === 'word').flatMap(normalise);
}

function normalise(item: Item): HeardWord[] {
  const parts = item.content.toLowerCase().split('-');
  return parts.map((part, index) => {
    const bare = part.replaceAll(/[^\p{L}\p{N}']/gu, '');
    const word = SPELLINGS[bare] ?? (/^\d+$/.test(bare) ? DIGITS[Number(bare)] : undefined) ?? bare;
    return { word, startSeconds: index === 0 ? item.startSeconds : undefined };
  });
}

type Pair = readonly [ReferenceWord, HeardWord];

/** Levenshtein distance in words, and the words both sides agree on. */
function compare(reference: readonly ReferenceWord[], heard: readonly HeardWord[]) {
  let above = heard.map((_, at) => ({ errors: at + 1, pairs: [] as Pair[] }));
  let corner = { errors: 0, pairs: [] as Pair[] };
  reference.forEach((expected, row) => {
    let diagonal = corner;
    corner = { errors: row + 1, pairs: [] };
    let left = corner;
    above = heard.map((word, column) => {
      const up = above[column] ?? corner;
      const same = word.word === expected.word;
      const kept = {
        errors: diagonal.errors + (same ? 0 : 1),
        pairs: same ? [...diagonal.pairs, [expected, word] as Pair] : diagonal.pairs,
      };
      const options = [kept, { ...up, errors: up.errors + 1 }, { ...left, errors: left.errors + 1 }];
      left = options.reduce((best, one) => (one.errors < best.errors ? one : best));
      diagonal = up;
      return left;
    });
  });
  return above.at(-1) ?? corner;
}

function startErrors(pairs: readonly Pair[]): number[] {
  return pairs.flatMap(([expected, { startSeconds }]) =>
    startSeconds === undefined ? [] : Math.abs(startSeconds - expected.startSeconds) * 1000,
  );
}

/** Best of five, on 10 s of speech without a pause long enough to cut. */
async function timeTenSeconds(threads: number): Promise<string> {
  const engine = await createMoonshine({ threads });
  const speech = Float32Array.from(readSpeech().flatMap((clip) => [...clip.samples])).subarray(
    0,
    10 * SAMPLE_RATE,
  );
  const tookMs: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const begin = performance.now();
    await hear(engine, speech);
    tookMs.push(performance.now() - begin);
  }
  await engine.close();
  return `10 s of speech, ${threads} thread(s): ${Math.round(Math.min(...tookMs))} ms`;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);
}

await main();
