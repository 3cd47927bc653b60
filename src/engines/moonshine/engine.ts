import type { Item } from '../../transcripts/item.ts';
import { abortable } from '../abortable.ts';
import { type Audio, type Engine, EngineError, type RecognizeOptions } from '../engine.ts';
import { alignTokens } from './align.ts';
import { decodeSegment } from './decode.ts';
import { readFrames, SAMPLE_RATE } from './frames.ts';
import { loadModel, type MoonshineModel, releaseModel } from './model.ts';
import { secondsOf, segmentItems } from './segment-items.ts';
import { cutSegments, type Segment } from './segmenter.ts';
import { tokenTexts } from './vocabulary.ts';
import { detectVoice } from './voice-activity.ts';

/** Silence put on either side of a segment; without it the decoder loses the first and the last word. */
const PADDING_SECONDS = 0.3;

export interface MoonshineOptions {
  /** Threads one inference may use. */
  readonly threads: number;
}

/**
 * Loads the embedded engine: Moonshine tiny for English on `onnxruntime-node`, cut into segments by Silero.
 * A segment blocks its thread for up to 0.2 s, so it belongs in a child process (`host/`).
 */
export async function createMoonshine(options: MoonshineOptions): Promise<Engine> {
  const model = await loadModel(options.threads).catch((cause: unknown) => {
    throw new EngineError('the Moonshine model cannot be loaded', { retryable: false, cause });
  });
  let released: Promise<void> | undefined;
  return {
    name: 'moonshine',
    version: 'moonshine-tiny-en-0.1.29',
    capabilities: { languages: ['en'] },
    async *recognizeFile(audio, { language }: RecognizeOptions, signal) {
      if (released) throw new EngineError('the engine is closed', { retryable: false });
      if (language !== 'en') throw new EngineError(`no model for language ${language}`, { retryable: false });
      yield* recognize(model, audio, signal);
    },
    close() {
      released ??= releaseModel(model);
      return released;
    },
  };
}

async function* recognize(model: MoonshineModel, audio: Audio, signal: AbortSignal): AsyncGenerator<Item> {
  const frames = detectVoice(model.voiceActivity, readFrames(abortable(audio, signal)));
  for await (const segment of cutSegments(frames)) {
    const offsetSeconds = segment.startSample / SAMPLE_RATE;
    for (const item of await transcribe(model, segment, signal)) {
      signal.throwIfAborted();
      yield {
        ...item,
        startSeconds: wholeMs(offsetSeconds + item.startSeconds),
        endSeconds: wholeMs(offsetSeconds + item.endSeconds),
      };
    }
  }
}

/** Items of one segment, in seconds from its start. */
async function transcribe(model: MoonshineModel, segment: Segment, signal: AbortSignal): Promise<Item[]> {
  const padded = new Float32Array(segment.samples.length + 2 * PADDING_SECONDS * SAMPLE_RATE);
  padded.set(segment.samples, PADDING_SECONDS * SAMPLE_RATE);
  const lengthSeconds = segment.samples.length / SAMPLE_RATE;
  const tokens = await decodeSegment(model, { samples: padded, lengthSeconds }, signal);
  const texts = tokenTexts(tokens.map((token) => token.id));
  const spans = alignTokens(tokens.map((token) => token.attention));
  const timed = spans.map((span, index) => ({
    ...secondsOf(span, PADDING_SECONDS),
    text: texts[index] ?? '',
    probability: tokens[index]?.probability ?? 0,
  }));
  return segmentItems(timed, { lengthSeconds, speech: segment.speech });
}

/** Rounded down, so that order and the end of the audio are respected whatever the rounding of floats. */
function wholeMs(seconds: number): number {
  return Math.floor(seconds * 1000) / 1000;
}
