import { join } from 'node:path';
import type { Recognizer as Description } from '../../models/model.ts';
import { EngineError } from '../engine.ts';
import { SAMPLE_RATE } from '../segments/frames.ts';
import type { Heard } from './heard.ts';
import type { Library } from './library.ts';

/** A loaded model. */
export interface Recognizer {
  /** Understands a stretch of speech, one at a time. @param language ISO 639 code */
  hear(samples: Float32Array, language: string): Promise<Heard>;
  /** Begins to understand a stretch that is still being said. Absent: the model hears stretches as a whole. */
  follow?(): Follower;
}

/** Hears a stretch as it grows; only what is new of it costs time. */
export interface Follower {
  /** @param samples of the stretch so far, from its beginning. @param isWhole no more comes; the follower is done. */
  hear(samples: Float32Array, isWhole: boolean): Heard;
}

interface Opening {
  readonly directory: string;
  readonly threads: number;
}

/** Models name Mandarin by the code of all Chinese. */
const MODEL_CODES: Readonly<Record<string, string>> = { cmn: 'zh' };

/** Loads a model that hears a stretch as a whole. A file that is no model ends the process. */
export function openOffline(library: Library, model: Description, opening: Opening): Recognizer {
  const recognizer = construct(() => new library.OfflineRecognizer(modelConfig(model, opening)));
  let configured = '';
  let turn: Promise<unknown> = Promise.resolve();

  async function hearNow(samples: Float32Array, language: string): Promise<Heard> {
    if (model.takesLanguage && language !== configured) {
      recognizer.setConfig(modelConfig(model, opening, language));
      configured = language;
    }
    const stream = recognizer.createStream();
    stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE });
    const { ys_log_probs: logProbabilities = [], ...heard } = await recognizer.decodeAsync(stream);
    return { ...heard, logProbabilities };
  }

  return {
    hear(samples, language) {
      // One after another: the language is a setting of the whole recognizer.
      const heard = turn.then(() => hearNow(samples, language));
      turn = heard.catch(() => {});
      return heard;
    },
  };
}

/** Loads a model that hears speech as it comes. */
export function openStreaming(library: Library, model: Description, opening: Opening): Recognizer {
  const recognizer = construct(() => new library.OnlineRecognizer(modelConfig(model, opening)));
  function follow(): Follower {
    const stream = recognizer.createStream();
    let given = 0;
    const give = (samples: Float32Array) => stream.acceptWaveform({ samples, sampleRate: SAMPLE_RATE });
    return {
      hear(samples, isWhole) {
        // Whole, it may be shorter: without the silence that ended it.
        if (samples.length > given) give(samples.slice(given));
        given = Math.max(given, samples.length);
        if (isWhole) {
          give(LOOK_AHEAD);
          stream.inputFinished();
        }
        while (recognizer.isReady(stream)) recognizer.decode(stream);
        const { text, tokens, timestamps, ys_probs: logProbabilities } = recognizer.getResult(stream);
        return { text, tokens, timestamps, durations: [], logProbabilities };
      },
    };
  }
  return { hear: async (samples) => follow().hear(samples, true), follow };
}

/** A model says its last word only when it has heard what follows. */
const LOOK_AHEAD = new Float32Array(0.7 * SAMPLE_RATE);

function modelConfig(model: Description, { directory, threads }: Opening, language?: string): object {
  const { family, files, tokens, modelType, options } = model;
  const paths = Object.entries(files).map(([role, file]) => [role, join(directory, file)]);
  const spoken = language && { language: MODEL_CODES[language] ?? language };
  return {
    featConfig: { sampleRate: SAMPLE_RATE, featureDim: 80 },
    modelConfig: {
      [family]: { ...Object.fromEntries(paths), ...options, ...spoken },
      tokens: join(directory, tokens),
      numThreads: threads,
      provider: 'cpu',
      debug: 0,
      ...(modelType && { modelType }),
    },
    decodingMethod: 'greedy_search',
  };
}

function construct<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new EngineError('sherpa-onnx does not take the model', { retryable: false, cause });
  }
}
