import { onnxModel } from './model.ts';

const FRAME_SAMPLES = 320;
const CLASSES = 7;

/** Below: speaker one. Above: speaker two. The energy of the differences of a tone's samples over its own. */
const BORDER = 0.2;

/**
 * Stands in for pyannote's segmentation, with its inputs and outputs: a low tone is one speaker, a high one another,
 * silence is nobody. Classes are silence, each of three speakers, and each pair of them.
 */
export function toneSegmentation(): Uint8Array {
  const scores = [
    [0, 0], // silence
    [100 * BORDER, -100],
    [-100 * BORDER, 100],
    ...Array.from({ length: 4 }, () => [0, 0]),
  ];
  return onnxModel({
    inputs: [{ name: 'x', type: 'float', shape: ['N', 1, 'T'] }],
    outputs: [{ name: 'y', type: 'float', shape: ['N', 'F', CLASSES] }],
    constants: {
      difference: { type: 'float', shape: [1, 1, 2], values: [-1, 1] },
      scores: { type: 'float', shape: [CLASSES, 2, 1], values: scores.flat() },
      bias: { type: 'float', shape: [CLASSES], values: [0.01, 0, 0, -9, -9, -9, -9] },
    },
    nodes: [
      {
        operator: 'Conv',
        inputs: ['x', 'difference'],
        outputs: ['d'],
        attributes: { kernel_shape: [2], pads: [1, 0] },
      },
      { operator: 'Mul', inputs: ['x', 'x'], outputs: ['xx'] },
      { operator: 'Mul', inputs: ['d', 'd'], outputs: ['dd'] },
      { operator: 'Concat', inputs: ['xx', 'dd'], outputs: ['powers'], attributes: { axis: 1 } },
      {
        operator: 'AveragePool',
        inputs: ['powers'],
        outputs: ['energies'],
        attributes: { kernel_shape: [FRAME_SAMPLES], strides: [FRAME_SAMPLES] },
      },
      { operator: 'Conv', inputs: ['energies', 'scores', 'bias'], outputs: ['classes'] },
      { operator: 'Transpose', inputs: ['classes'], outputs: ['y'], attributes: { perm: [0, 2, 1] } },
    ],
    metadata: {
      model_type: 'pyannote-segmentation-3.0',
      sample_rate: 16_000,
      window_size: 160_000,
      receptive_field_size: FRAME_SAMPLES,
      receptive_field_shift: FRAME_SAMPLES,
      num_speakers: 3,
      powerset_max_classes: 2,
      num_classes: CLASSES,
    },
  });
}

/** How far apart the voices of the two tones are: one minus the cosine of their angle. */
export const TONE_DISTANCE = 0.6;

/** Stands in for WeSpeaker: a voice is whether there is more of low or of high frequencies. */
export function toneEmbedding(): Uint8Array {
  const BINS = 80;
  const common = Math.sqrt(4 / TONE_DISTANCE - 2);
  return onnxModel({
    inputs: [{ name: 'feats', type: 'float', shape: ['N', 'T', BINS] }],
    outputs: [{ name: 'embs', type: 'float', shape: ['N', 3] }],
    constants: {
      low: {
        type: 'float',
        shape: [BINS, 1],
        values: Array.from({ length: BINS }, (_, bin) => (bin < BINS / 2 ? 1 : -1)),
      },
      voices: { type: 'float', shape: [1, 3], values: [1, -1, 0] },
      common: { type: 'float', shape: [3], values: [0, 0, common] },
    },
    nodes: [
      {
        operator: 'ReduceMean',
        inputs: ['feats'],
        outputs: ['mean'],
        attributes: { axes: [1], keepdims: 0 },
      },
      { operator: 'MatMul', inputs: ['mean', 'low'], outputs: ['balance'] },
      { operator: 'Sign', inputs: ['balance'], outputs: ['side'] },
      { operator: 'MatMul', inputs: ['side', 'voices'], outputs: ['voice'] },
      { operator: 'Add', inputs: ['voice', 'common'], outputs: ['embs'] },
    ],
    metadata: {
      framework: 'wespeaker',
      language: 'tones',
      url: 'https://example.invalid/',
      comment: 'made for a test',
      sample_rate: 16_000,
      output_dim: 3,
      normalize_samples: 1,
      feature_normalize_type: '',
    },
  });
}
