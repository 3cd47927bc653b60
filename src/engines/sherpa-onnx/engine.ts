import type { Item } from '../../transcripts/item.ts';
import { abortable, untilAborted } from '../abortable.ts';
import { type Audio, type Engine, EngineError } from '../engine.ts';
import { readFrames, SAMPLE_RATE } from '../segments/frames.ts';
import { inRecording } from '../segments/in-recording.ts';
import { listenBySegments } from '../segments/live/listen.ts';
import { PADDING_SECONDS, withPadding } from '../segments/padding.ts';
import { segmentItems } from '../segments/segment-items.ts';
import { cutSegments, type Segment } from '../segments/segmenter.ts';
import { createVoiceDetector, detectVoice, loadVoiceActivity } from '../segments/voice-activity.ts';
import { timedTokens } from './heard.ts';
import { loadLibrary, openModel } from './library.ts';
import { openOffline, openStreaming, type Recognizer } from './recognizer.ts';

const MAX_SEGMENT_SECONDS = 15;

export interface SherpaOnnxOptions {
  /** Where the model is installed. */
  readonly modelDirectory: string;
  /** Threads one inference may use. */
  readonly threads: number;
}

/**
 * Loads an installed model in sherpa-onnx, given segments of speech found by Silero. A file that is no model aborts
 * the process, so it belongs in a child process (`host/`). Throws `EngineError`.
 */
export async function createSherpaOnnx({ modelDirectory, threads }: SherpaOnnxOptions): Promise<Engine> {
  const model = await openModel(modelDirectory);
  const { name, languages, recognizer: description } = model;
  if (!description) throw new EngineError(`the model ${name} recognises no speech`, { retryable: false });
  const library = await loadLibrary();
  const open = description.mode === 'offline' ? openOffline : openStreaming;
  const recognizer = open(library, description, { directory: modelDirectory, threads });
  const voiceActivity = await loadVoiceActivity();
  const maxSeconds = (description.maxSegmentSeconds ?? MAX_SEGMENT_SECONDS) - 2 * PADDING_SECONDS;
  let released: Promise<void> | undefined;

  const transcribe = async (segment: Segment, language: string, signal: AbortSignal): Promise<Item[]> => {
    const items = await untilAborted(transcribeSegment(recognizer, segment, language), signal);
    return items.map((item) => inRecording(item, segment));
  };

  async function* recognize(audio: Audio, language: string, signal: AbortSignal): AsyncGenerator<Item> {
    const frames = detectVoice(voiceActivity, readFrames(abortable(audio, signal)));
    for await (const segment of cutSegments(frames, maxSeconds)) {
      for (const item of await transcribe(segment, language, signal)) {
        signal.throwIfAborted();
        yield item;
      }
    }
  }

  const check = (language: string): void => {
    if (released) throw new EngineError('the engine is closed', { retryable: false });
    if (!languages.includes(language)) {
      throw new EngineError(`no model for language ${language}`, { retryable: false });
    }
  };

  return {
    name: 'sherpa-onnx',
    version: `sherpa-onnx-${library.version}-${name}`,
    capabilities: { languages, live: true },
    async *recognizeFile(audio, { language }, signal) {
      check(language);
      yield* recognize(audio, language, signal);
    },
    async *listen(audio, options, signal) {
      check(options.language);
      const ear = {
        judge: createVoiceDetector(voiceActivity),
        transcribe: (segment: Segment) => transcribe(segment, options.language, signal),
        maxSegmentSeconds: maxSeconds,
      };
      yield* listenBySegments(ear, audio, options, signal);
    },
    close() {
      released ??= voiceActivity.release();
      return released;
    },
  };
}

/** Items of one segment, in seconds from its start. */
async function transcribeSegment(
  recognizer: Recognizer,
  segment: Segment,
  language: string,
): Promise<Item[]> {
  const heard = await recognizer.hear(withPadding(segment.samples), language);
  const timestamps = heard.timestamps.map((seconds) => Math.max(0, seconds - PADDING_SECONDS));
  const hearing = { lengthSeconds: segment.samples.length / SAMPLE_RATE, speech: segment.speech };
  return segmentItems(timedTokens({ ...heard, timestamps }, hearing, language), hearing);
}
