import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession } from 'onnxruntime-node';
import { sessionOptions } from '../onnx.ts';
import { loadVoiceActivity } from '../segments/voice-activity.ts';
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

/** Frees the native memory. */
export async function releaseModel(model: MoonshineModel): Promise<void> {
  await Promise.all([model.encoder.release(), model.decoder.release(), model.voiceActivity.release()]);
}
