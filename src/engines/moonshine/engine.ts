import { type Engine, EngineError, type RecognizeOptions } from '../engine.ts';
import { listenBySegments } from '../segments/live/listen.ts';
import type { Segment } from '../segments/segmenter.ts';
import { createVoiceDetector } from '../segments/voice-activity.ts';
import { CAPABILITIES } from './capabilities.ts';
import { loadModel, releaseModel } from './model.ts';
import { alignText } from './recording/align-text.ts';
import { recognize, transcribe } from './recording/recognize.ts';

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
  const check = ({ language }: Pick<RecognizeOptions, 'language'>): void => {
    if (released) throw new EngineError('the engine is closed', { retryable: false });
    if (language !== 'en') throw new EngineError(`no model for language ${language}`, { retryable: false });
  };
  return {
    name: 'moonshine',
    version: 'moonshine-tiny-en-0.1.29',
    capabilities: CAPABILITIES,
    async *recognizeFile(audio, options, signal) {
      check(options);
      yield* recognize(model, audio, signal);
    },
    async *alignText(text, options, signal) {
      check(options);
      yield* alignText(model, text, signal);
    },
    async *listen(audio, options, signal) {
      check(options);
      const ear = {
        judge: createVoiceDetector(model.voiceActivity),
        transcribe: (segment: Segment) => transcribe(model, segment, signal),
      };
      yield* listenBySegments(ear, audio, options, signal);
    },
    close() {
      released ??= releaseModel(model);
      return released;
    },
  };
}
