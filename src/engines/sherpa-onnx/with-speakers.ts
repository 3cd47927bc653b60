import type { Item } from '../../transcripts/item.ts';
import { type Audio, alignText, type Engine, EngineError, listen, type RecognizeOptions } from '../engine.ts';
import type { Diarizer, Turn } from './diarizer.ts';

const SAMPLE_RATE = 16_000;
/** Telling speakers apart needs the whole recording at once, and memory with the square of its length. */
const MAX_SECONDS = 2 * 60 * 60;

/**
 * An engine that also tells speakers apart, when it is asked to: then its items come when all audio was heard, and
 * the audio is kept until then. Throws `EngineError` for more than two hours of it.
 */
export function withSpeakers(engine: Engine, diarizer: Diarizer): Engine {
  async function* recognize(
    audio: Audio,
    options: RecognizeOptions,
    sensitivity: number,
    signal: AbortSignal,
  ): AsyncGenerator<Item> {
    const chunks: Float32Array[] = [];
    const items: Item[] = [];
    for await (const item of engine.recognizeFile(kept(audio, chunks), options, signal)) items.push(item);
    signal.throwIfAborted();
    if (items.length === 0) return;
    const turns = diarizer.turnsOf(joined(chunks), sensitivity);
    for (const item of labelSpeakers(items, turns)) {
      signal.throwIfAborted();
      yield item;
    }
  }

  return {
    name: engine.name,
    version: engine.version,
    capabilities: { ...engine.capabilities, speakerDiarization: true },
    recognizeFile(audio, options, signal) {
      if (options.speakerSensitivity === undefined) return engine.recognizeFile(audio, options, signal);
      return recognize(audio, options, options.speakerSensitivity, signal);
    },
    ...(engine.alignText && { alignText: (...call) => alignText(engine, ...call) }),
    ...(engine.listen && { listen: (...call) => listen(engine, ...call) }),
    close: () => engine.close(),
  };
}

async function* kept(audio: Audio, chunks: Float32Array[]): AsyncGenerator<Float32Array> {
  let samples = 0;
  for await (const chunk of audio) {
    samples += chunk.length;
    if (samples > MAX_SECONDS * SAMPLE_RATE) {
      throw new EngineError('speakers are told apart in at most two hours of audio', { retryable: false });
    }
    chunks.push(chunk.slice());
    yield chunk;
  }
}

function joined(chunks: Float32Array[]): Float32Array {
  const samples = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  // Each chunk is let go as soon as it is copied.
  for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) {
    samples.set(chunk, position);
    position += chunk.length;
  }
  return samples;
}

/**
 * Says of each word who speaks it: the speaker who is heard longest during the word, else the one heard nearest to it.
 * Speakers are called S1, S2, … in the order of their first word. A mark is its word's. Without turns nobody is named.
 */
export function labelSpeakers(items: readonly Item[], turns: readonly Turn[]): Item[] {
  if (turns.length === 0) return [...items];
  const names = new Map<number, string>();
  let speaker = '';
  return items.map((item) => {
    if (item.type !== 'punctuation') {
      const number = speakerOf(item, turns);
      speaker = names.get(number) ?? `S${names.size + 1}`;
      names.set(number, speaker);
    }
    return speaker === '' ? item : { ...item, speaker };
  });
}

function speakerOf({ startSeconds, endSeconds }: Item, turns: readonly Turn[]): number {
  // Negative: how far away the turn is.
  const closeness = (turn: Turn) =>
    Math.min(endSeconds, turn.endSeconds) - Math.max(startSeconds, turn.startSeconds);
  const heard = new Map<number, number>();
  let nearest = { speaker: 0, closeness: Number.NEGATIVE_INFINITY };
  for (const turn of turns) {
    const close = closeness(turn);
    if (close > nearest.closeness) nearest = { speaker: turn.speaker, closeness: close };
    if (close > 0) heard.set(turn.speaker, (heard.get(turn.speaker) ?? 0) + close);
  }
  const [longest] = [...heard].sort(([, one], [, other]) => other - one);
  return longest?.[0] ?? nearest.speaker;
}
