import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { exposeBranchValues } from './expose-attention.ts';
import { ATTENTION_OUTPUTS } from './model.ts';

const WEIGHTS = new URL('model/tiny/quantized/', import.meta.resolve('@moonshine-ai/moonshine-js'));
const decoder = readFileSync(new URL('decoder_model_merged.onnx', WEIGHTS));

describe('exposeBranchValues', () => {
  it('adds the attention to the outputs of the decoder and keeps the others', async () => {
    const before = await InferenceSession.create(decoder);
    const after = await InferenceSession.create(exposeBranchValues(decoder, ATTENTION_OUTPUTS));
    expect(after.outputNames).toEqual([...before.outputNames, ...ATTENTION_OUTPUTS]);
    expect(after.inputNames).toEqual(before.inputNames);
    await Promise.all([before.release(), after.release()]);
  });

  it('makes a model the runtime refuses when the value does not exist', async () => {
    await expect(InferenceSession.create(exposeBranchValues(decoder, ['/no/such/value']))).rejects.toThrow();
  });

  it('refuses a model that is not a merged decoder', () => {
    const encoder = readFileSync(new URL('encoder_model.onnx', WEIGHTS));
    expect(() => exposeBranchValues(encoder, ATTENTION_OUTPUTS)).toThrow(RangeError);
  });
});
