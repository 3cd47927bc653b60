import { Tensor } from 'onnxruntime-node';
import { floatsOf, type Outputs, outputOf } from '../onnx.ts';
import {
  ATTENTION_HEADS,
  ATTENTION_OUTPUTS,
  DECODER_LAYERS,
  HEAD_SIZE,
  type MoonshineModel,
} from './model.ts';
import { countRepeated } from './repetition.ts';

const START_TOKEN = 1;
const END_TOKEN = 2;
/** More than fast speech needs; a decoder that exceeds it is inventing. */
const MAX_TOKENS_PER_SECOND = 6.5;
const MIN_TOKENS = 4;

export interface DecodedToken {
  readonly id: number;
  /** Probability the decoder gave this token, in [0, 1]. */
  readonly probability: number;
  /** Attention over the encoder's frames while this token was chosen, averaged over heads and layers. */
  readonly attention: Float32Array;
}

type Feeds = Record<string, Tensor>;

const cacheNames = (source: 'decoder' | 'encoder') =>
  Array.from({ length: DECODER_LAYERS }, (_, layer) => [
    `${layer}.${source}.key`,
    `${layer}.${source}.value`,
  ]).flat();
const DECODER_CACHE = cacheNames('decoder');
const ENCODER_CACHE = cacheNames('encoder');
const STEP_OUTPUTS = ['logits', ...DECODER_CACHE.map((name) => `present.${name}`), ...ATTENTION_OUTPUTS];
const FORCED_OUTPUTS = ['logits', ...ATTENTION_OUTPUTS];
const FIRST_OUTPUTS = [...STEP_OUTPUTS, ...ENCODER_CACHE.map((name) => `present.${name}`)];

export interface DecodeInput {
  /** 16 kHz, 0.1 to about 16 s, padding included. */
  readonly samples: Float32Array;
  /** Length without the padding; bounds the number of tokens. */
  readonly lengthSeconds: number;
}

/** Decodes one segment greedily. Throws the signal's reason once aborted. */
export async function decodeSegment(
  model: MoonshineModel,
  { samples, lengthSeconds }: DecodeInput,
  signal: AbortSignal,
): Promise<DecodedToken[]> {
  const maxTokens = Math.max(MIN_TOKENS, Math.ceil(lengthSeconds * MAX_TOKENS_PER_SECOND));
  const tokens: DecodedToken[] = [];
  let feeds = firstFeeds(await encode(model, samples), []);
  while (tokens.length < maxTokens) {
    signal.throwIfAborted();
    const outputs = await model.decoder.run(feeds, tokens.length === 0 ? FIRST_OUTPUTS : STEP_OUTPUTS);
    const token = chooseToken(outputs);
    if (token.id === END_TOKEN) break;
    tokens.push(token);
    const surplus = countRepeated(tokens.map(({ id }) => id));
    if (surplus > 0) return tokens.slice(0, -surplus);
    feeds = nextFeeds(feeds, outputs, token.id);
  }
  return tokens;
}

/**
 * Makes the decoder say given tokens, in one run, as each depends on those before it only: their probabilities and
 * attention are those of `decodeSegment`. Returns `undefined` when there are more tokens than frames.
 */
export async function forceTokens(
  model: MoonshineModel,
  samples: Float32Array,
  ids: readonly number[],
): Promise<DecodedToken[] | undefined> {
  const states = await encode(model, samples);
  if (ids.length > (states.dims[1] ?? 0)) return undefined;
  const outputs = await model.decoder.run(firstFeeds(states, ids), FORCED_OUTPUTS);
  const logits = floatsOf(outputs, 'logits');
  const attention = averageAttention(outputs);
  // A row for each token, and one for what would follow the last.
  const rowOf = (table: Float32Array, row: number) => {
    const length = table.length / (ids.length + 1);
    return table.subarray(row * length, (row + 1) * length);
  };
  return ids.map((id, row) => ({
    id,
    probability: probabilityOf(id, rowOf(logits, row)),
    attention: rowOf(attention, row),
  }));
}

async function encode(model: MoonshineModel, samples: Float32Array): Promise<Tensor> {
  const audio = new Tensor('float32', samples, [1, samples.length]);
  return outputOf(await model.encoder.run({ input_values: audio }), 'last_hidden_state');
}

/** `ids`: tokens said already. */
function firstFeeds(states: Tensor, ids: readonly number[]): Feeds {
  const empty = new Tensor('float32', new Float32Array(0), [1, ATTENTION_HEADS, 0, HEAD_SIZE]);
  const caches = [...DECODER_CACHE, ...ENCODER_CACHE].map((name) => [`past_key_values.${name}`, empty]);
  return {
    input_ids: tokenTensor(START_TOKEN, ...ids),
    encoder_hidden_states: states,
    use_cache_branch: new Tensor('bool', [false], [1]),
    ...Object.fromEntries(caches),
  };
}

/** What the audio said is cached by the first step only; later steps extend what was written so far. */
function nextFeeds(previous: Feeds, outputs: Outputs, token: number): Feeds {
  const feeds: Feeds = {
    ...previous,
    input_ids: tokenTensor(token),
    use_cache_branch: new Tensor('bool', [true], [1]),
  };
  for (const name of [...DECODER_CACHE, ...ENCODER_CACHE]) {
    const present = `present.${name}`;
    if (present in outputs) feeds[`past_key_values.${name}`] = outputOf(outputs, present);
  }
  return feeds;
}

function tokenTensor(...ids: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
}

/** The likeliest token. Indexed loops: over 32,768 logits, callbacks and iterators take three times as long. */
function chooseToken(outputs: Outputs): DecodedToken {
  const logits = floatsOf(outputs, 'logits');
  let id = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < logits.length; index += 1) {
    const logit = logits[index] ?? 0;
    if (logit > highest) {
      highest = logit;
      id = index;
    }
  }
  return { id, probability: probabilityOf(id, logits), attention: averageAttention(outputs) };
}

function probabilityOf(id: number, logits: Float32Array): number {
  const own = logits[id] ?? 0;
  let total = 0;
  for (let index = 0; index < logits.length; index += 1) total += Math.exp((logits[index] ?? 0) - own);
  return 1 / total;
}

/** One row after another if there are several tokens. */
function averageAttention(outputs: Outputs): Float32Array {
  const maps = ATTENTION_OUTPUTS.map((name) => floatsOf(outputs, name));
  const average = new Float32Array((maps[0]?.length ?? 0) / ATTENTION_HEADS);
  for (const map of maps) {
    map.forEach((weight, index) => {
      const frame = index % average.length;
      average[frame] = (average[frame] ?? 0) + weight / (ATTENTION_HEADS * maps.length);
    });
  }
  return average;
}
