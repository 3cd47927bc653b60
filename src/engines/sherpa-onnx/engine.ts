import type { Item } from '../../transcripts/item.ts';
import { abortable, untilAborted } from '../abortable.ts';
import { type Audio, type Engine, EngineError } from '../engine.ts';
import { readFrames, SAMPLE_RATE } from '../segments/frames.ts';
import { inRecording } from '../segments/in-recording.ts';
import { listenBySegments } from '../segments/live/listen.ts';
import { PADDING_SECONDS, withPadding, withPaddingBefore } from '../segments/padding.ts';
import { segmentItems } from '../segments/segment-items.ts';
import { cutSegments, type Segment } from '../segments/segmenter.ts';
import { createVoiceDetector, detectVoice, loadVoiceActivity } from '../segments/voice-activity.ts';
import { type Heard, timedTokens } from './heard.ts';
import { capabilitiesOf, loadLibrary, openModel } from './library.ts';
import { type Follower, openOffline, openStreaming } from './recognizer.ts';

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
    const hearing = recognizer.hear(withPadding(segment.samples), language);
    return itemsOf(await untilAborted(hearing, signal), segment, language);
  };

  /** Transcribes what is being said, again and again, without hearing it again and again where the model can. */
  const createTranscriber = (language: string, signal: AbortSignal) => {
    let following: { readonly from: number; readonly follower: Follower } | undefined;
    return async (segment: Segment, isWhole: boolean): Promise<Item[]> => {
      if (!recognizer.follow) return transcribe(segment, language, signal);
      const from = segment.startSample;
      if (following?.from !== from) following = { from, follower: recognizer.follow() };
      const heard = following.follower.hear(withPaddingBefore(segment.samples), isWhole);
      if (isWhole) following = undefined;
      return itemsOf(heard, segment, language);
    };
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
    capabilities: capabilitiesOf(model),
    async *recognizeFile(audio, { language }, signal) {
      check(language);
      yield* recognize(audio, language, signal);
    },
    async *listen(audio, options, signal) {
      check(options.language);
      const ear = {
        judge: createVoiceDetector(voiceActivity),
        transcribe: createTranscriber(options.language, signal),
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

/** What was heard of a segment with silence before it. */
function itemsOf(heard: Heard, segment: Segment, language: string): Item[] {
  const timestamps = heard.timestamps.map((seconds) => Math.max(0, seconds - PADDING_SECONDS));
  const hearing = { lengthSeconds: segment.samples.length / SAMPLE_RATE, speech: segment.speech };
  const items = segmentItems(timedTokens({ ...heard, timestamps }, hearing, language), hearing);
  return items.map((item) => inRecording(item, segment));
}
