import { type OnnxNode, onnxModel } from './model.ts';

const BINS = 80;
/** Mean logarithm of the filter banks: below, silence; above, the louder word. */
const QUIET = -6;
const LOUD = -4;

/** What the models below say, by their number: nothing, or how loud it is. */
export const LOUDNESS_TOKENS = '<blk> 0\n▁soft 1\n▁loud 2\n';

/** Scores of the three tokens for a loudness: three lines that cross at the borders. */
const SCORES = { weights: [0, 4, 8], bias: [0, -4 * QUIET, -4 * QUIET - 4 * LOUD] };

/** A CTC model as Zipformer's, with its inputs and outputs, that writes down how loud it is. */
export function loudnessCtc(): Uint8Array {
  return onnxModel({
    inputs: [
      { name: 'x', type: 'float', shape: ['N', 'T', BINS] },
      { name: 'x_lens', type: 'int64', shape: ['N'] },
    ],
    outputs: [
      { name: 'log_probs', type: 'float', shape: ['N', 'F', 3] },
      { name: 'log_probs_len', type: 'int64', shape: ['N'] },
    ],
    constants: {
      four: { type: 'int64', shape: [1], values: [4] },
      weights: { type: 'float', shape: [3, 1, 1], values: SCORES.weights },
      bias: { type: 'float', shape: [3], values: SCORES.bias },
    },
    nodes: [
      mean('x', 'loudness', [2]),
      { operator: 'Transpose', inputs: ['loudness'], outputs: ['row'], attributes: { perm: [0, 2, 1] } },
      {
        operator: 'AveragePool',
        inputs: ['row'],
        outputs: ['pooled'],
        attributes: { kernel_shape: [4], strides: [4] },
      },
      { operator: 'Conv', inputs: ['pooled', 'weights', 'bias'], outputs: ['scores'] },
      { operator: 'Transpose', inputs: ['scores'], outputs: ['turned'], attributes: { perm: [0, 2, 1] } },
      { operator: 'LogSoftmax', inputs: ['turned'], outputs: ['log_probs'], attributes: { axis: 2 } },
      { operator: 'Div', inputs: ['x_lens', 'four'], outputs: ['log_probs_len'] },
    ],
    metadata: { model_type: 'zipformer2_ctc', version: 1, model_author: 'test' },
  });
}

/** A streaming transducer as an LSTM's, in its three files, that writes down how loud it is, ten times a second. */
export function loudnessTransducer(): Record<'encoder' | 'decoder' | 'joiner', Uint8Array> {
  const state = (name: string) => ({ name, type: 'float', shape: [1, 'N', 1] }) as const;
  const encoder = onnxModel({
    inputs: [{ name: 'x', type: 'float', shape: ['N', 'T', BINS] }, state('h'), state('c')],
    outputs: [{ name: 'encoder_out', type: 'float', shape: ['N', 1, 1] }, state('next_h'), state('next_c')],
    nodes: [
      mean('x', 'encoder_out', [1, 2]),
      { operator: 'Identity', inputs: ['h'], outputs: ['next_h'] },
      { operator: 'Identity', inputs: ['c'], outputs: ['next_c'] },
    ],
    metadata: {
      model_type: 'lstm',
      num_encoder_layers: 1,
      T: 9,
      decode_chunk_len: 4,
      rnn_hidden_size: 1,
      d_model: 1,
    },
  });
  const decoder = onnxModel({
    inputs: [{ name: 'y', type: 'int64', shape: ['N', 2] }],
    outputs: [{ name: 'decoder_out', type: 'float', shape: ['N', 1] }],
    nodes: [
      { operator: 'Cast', inputs: ['y'], outputs: ['tokens'], attributes: { to: 1 } },
      mean('tokens', 'decoder_out', [1]),
    ],
    metadata: { vocab_size: 3, context_size: 2 },
  });
  const joiner = onnxModel({
    inputs: [
      { name: 'encoder_out', type: 'float', shape: ['N', 1] },
      { name: 'decoder_out', type: 'float', shape: ['N', 1] },
    ],
    outputs: [{ name: 'logit', type: 'float', shape: ['N', 3] }],
    constants: {
      weights: { type: 'float', shape: [1, 3], values: SCORES.weights },
      bias: { type: 'float', shape: [3], values: SCORES.bias },
      nothing: { type: 'float', shape: [1], values: [0] },
    },
    nodes: [
      { operator: 'Mul', inputs: ['decoder_out', 'nothing'], outputs: ['ignored'] },
      { operator: 'Add', inputs: ['encoder_out', 'ignored'], outputs: ['loudness'] },
      { operator: 'MatMul', inputs: ['loudness', 'weights'], outputs: ['weighted'] },
      { operator: 'Add', inputs: ['weighted', 'bias'], outputs: ['logit'] },
    ],
    metadata: { joiner_dim: 1 },
  });
  return { encoder, decoder, joiner };
}

function mean(input: string, output: string, axes: readonly number[]): OnnxNode {
  return { operator: 'ReduceMean', inputs: [input], outputs: [output], attributes: { axes, keepdims: 1 } };
}
