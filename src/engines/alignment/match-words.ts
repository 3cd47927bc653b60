import { setImmediate } from 'node:timers/promises';

/** A word left out of either side. */
const GAP = 2;
/** Two different words paired: cheaper than leaving both out, dearer than leaving one out for the sake of a match. */
const MISMATCH = 3;

/** Up to this many cells are solved with a table of all steps: 4 MB. */
const MAX_TABLE_CELLS = 4_000_000;
/** About 20 ms of work, after which the process may do something else. */
const CELLS_PER_TURN = 5_000_000;

/** A word of the text that is paired with none. */
export const UNPAIRED = -1;

/** Half-open stretches of both sides. */
interface Part {
  readonly heard: readonly [start: number, end: number];
  readonly text: readonly [start: number, end: number];
}

/**
 * Aligns two sequences of words, given as numbers that are equal for equal words, at the least cost (Needleman and
 * Wunsch, in the linear memory of Hirschberg). Returns for each word of the text its partner in `heard`, or
 * `UNPAIRED`; partners ascend, and of equal ways one is taken that pairs later words. Two hours of speech take seconds.
 * Throws the signal’s reason once aborted.
 */
export async function matchWords(
  heard: Int32Array,
  text: Int32Array,
  signal: AbortSignal,
): Promise<Int32Array> {
  const partners = new Int32Array(text.length).fill(UNPAIRED);
  const rest = turns(signal);
  const pending: Part[] = [{ heard: [0, heard.length], text: [0, text.length] }];
  for (let part = pending.pop(); part; part = pending.pop()) {
    const own = { heard: heard.subarray(...part.heard), text: text.subarray(...part.text) };
    await rest(0);
    if (own.heard.length < 2 || own.heard.length * own.text.length <= MAX_TABLE_CELLS) {
      matchSmall(own.heard, own.text, (inHeard, inText) => {
        partners[part.text[0] + inText] = part.heard[0] + inHeard;
      });
    } else {
      const middle = own.heard.length >> 1;
      const cut = await cheapestCut(
        own.heard.subarray(0, middle),
        own.heard.subarray(middle),
        own.text,
        rest,
      );
      const at = { heard: part.heard[0] + middle, text: part.text[0] + cut };
      pending.push({ heard: [part.heard[0], at.heard], text: [part.text[0], at.text] });
      pending.push({ heard: [at.heard, part.heard[1]], text: [at.text, part.text[1]] });
    }
  }
  return partners;
}

type Rest = (cells: number) => Promise<void>;

/** Counts work done, and lets others have their turn in time. */
function turns(signal: AbortSignal): Rest {
  let done = 0;
  return async (cells) => {
    done += cells;
    if (done >= CELLS_PER_TURN) {
      done = 0;
      await setImmediate();
    }
    signal.throwIfAborted();
  };
}

/** How much of the text belongs to the first half of what was heard. */
async function cheapestCut(
  first: Int32Array,
  second: Int32Array,
  text: Int32Array,
  rest: Rest,
): Promise<number> {
  const before = await costsOfPrefixes(first, text, rest);
  const after = await costsOfPrefixes(second.toReversed(), text.toReversed(), rest);
  let cut = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let at = 0; at <= text.length; at += 1) {
    const cost = (before[at] ?? 0) + (after[text.length - at] ?? 0);
    if (cost < lowest) {
      lowest = cost;
      cut = at;
    }
  }
  return cut;
}

/** What it costs to align all that was heard with each beginning of the text. */
async function costsOfPrefixes(heard: Int32Array, text: Int32Array, rest: Rest): Promise<Int32Array> {
  const row = firstRow(text.length);
  for (const word of heard) {
    let diagonal = row[0] ?? 0;
    let left = diagonal + GAP;
    row[0] = left;
    for (let at = 1; at <= text.length; at += 1) {
      const up = row[at] ?? 0;
      const pair = word === text[at - 1] ? diagonal : diagonal + MISMATCH;
      left = Math.min(pair, Math.min(up, left) + GAP);
      row[at] = left;
      diagonal = up;
    }
    await rest(text.length);
  }
  return row;
}

const PAIR = 1;
const SKIP_HEARD = 2;
const SKIP_TEXT = 3;

function matchSmall(
  heard: Int32Array,
  text: Int32Array,
  pair: (inHeard: number, inText: number) => void,
): void {
  const steps = tableOfSteps(heard, text);
  const width = text.length + 1;
  let inHeard = heard.length;
  let inText = text.length;
  while (inHeard > 0 && inText > 0) {
    const step = steps[inHeard * width + inText];
    if (step !== SKIP_TEXT) inHeard -= 1;
    if (step !== SKIP_HEARD) inText -= 1;
    if (step === PAIR) pair(inHeard, inText);
  }
}

/** The last step of the cheapest way to each cell. */
function tableOfSteps(heard: Int32Array, text: Int32Array): Uint8Array {
  const width = text.length + 1;
  const steps = new Uint8Array((heard.length + 1) * width);
  const row = firstRow(text.length);
  for (let line = 1; line <= heard.length; line += 1) {
    const word = heard[line - 1];
    let diagonal = row[0] ?? 0;
    let left = diagonal + GAP;
    row[0] = left;
    for (let at = 1; at <= text.length; at += 1) {
      const up = row[at] ?? 0;
      const pair = word === text[at - 1] ? diagonal : diagonal + MISMATCH;
      const gap = Math.min(up, left) + GAP;
      steps[line * width + at] = pair <= gap ? PAIR : up < left ? SKIP_HEARD : SKIP_TEXT;
      left = Math.min(pair, gap);
      row[at] = left;
      diagonal = up;
    }
  }
  return steps;
}

function firstRow(length: number): Int32Array {
  const row = new Int32Array(length + 1);
  for (let at = 1; at <= length; at += 1) row[at] = at * GAP;
  return row;
}
