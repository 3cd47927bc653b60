import type { Model } from './model.ts';

const RELEASES = 'https://github.com/k2-fsa/sherpa-onnx/releases/download';

/**
 * Models known to work, for `parley models install`. Each checksum is the one that many independent public projects
 * pin for the same address and size; upstream publishes few. Whatever was not confirmed so is not in here.
 */
export const CATALOGUE: readonly Model[] = [
  {
    name: 'moonshine-base-en',
    languages: ['en'],
    licence: 'MIT',
    home: 'https://github.com/moonshine-ai/moonshine',
    downloads: [
      {
        url: `${RELEASES}/asr-models/sherpa-onnx-moonshine-base-en-quantized-2026-02-27.tar.bz2`,
        sizeBytes: 111_266_225,
        sha256: '43232c1d13013d37317163baec3135bd771a186a4356f28c889bab453bb0e891',
        files: inFolder('sherpa-onnx-moonshine-base-en-quantized-2026-02-27', [
          'encoder_model.ort',
          'decoder_model_merged.ort',
          'tokens.txt',
        ]),
      },
    ],
    recognizer: {
      mode: 'offline',
      family: 'moonshine',
      files: { encoder: 'encoder_model.ort', mergedDecoder: 'decoder_model_merged.ort' },
      tokens: 'tokens.txt',
      // Longer stretches come out garbled in sherpa-onnx 1.13.
      maxSegmentSeconds: 8,
    },
  },
  {
    name: 'parakeet-tdt-0.6b-v3',
    languages: 'bg cs da de el en es et fi fr hr hu it lt lv mt nl pl pt ro ru sk sl sv uk'.split(' '),
    licence: 'CC-BY-4.0',
    home: 'https://huggingface.co/nvidia/parakeet-tdt-0.6b-v3',
    downloads: [
      {
        url: `${RELEASES}/asr-models/sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8.tar.bz2`,
        sizeBytes: 487_170_055,
        sha256: '5793d0fd397c5778d2cf2126994d58e9d56b1be7c04d13c7a15bb1b4eafb16bf',
        files: inFolder('sherpa-onnx-nemo-parakeet-tdt-0.6b-v3-int8', [
          'encoder.int8.onnx',
          'decoder.int8.onnx',
          'joiner.int8.onnx',
          'tokens.txt',
        ]),
      },
    ],
    recognizer: {
      mode: 'offline',
      family: 'transducer',
      files: { encoder: 'encoder.int8.onnx', decoder: 'decoder.int8.onnx', joiner: 'joiner.int8.onnx' },
      tokens: 'tokens.txt',
      modelType: 'nemo_transducer',
    },
  },
  {
    name: 'sense-voice-small',
    languages: ['cmn', 'en', 'ja', 'ko', 'yue'],
    licence: 'FunASR Model Open Source License 1.1',
    home: 'https://huggingface.co/FunAudioLLM/SenseVoiceSmall',
    downloads: [
      {
        url: `${RELEASES}/asr-models/sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17.tar.bz2`,
        sizeBytes: 163_002_883,
        sha256: '7d1efa2138a65b0b488df37f8b89e3d91a60676e416f515b952358d83dfd347e',
        files: inFolder('sherpa-onnx-sense-voice-zh-en-ja-ko-yue-int8-2024-07-17', [
          'model.int8.onnx',
          'tokens.txt',
        ]),
      },
    ],
    recognizer: {
      mode: 'offline',
      family: 'senseVoice',
      files: { model: 'model.int8.onnx' },
      tokens: 'tokens.txt',
      options: { useInverseTextNormalization: 1 },
      takesLanguage: true,
    },
  },
  {
    name: 'whisper-base',
    languages:
      'ar cmn cs da de el en es fi fr he hi hu id it ja ko nl no pl pt ro ru sk sv th tr uk vi'.split(' '),
    licence: 'MIT',
    home: 'https://github.com/openai/whisper',
    downloads: [
      {
        url: `${RELEASES}/asr-models/sherpa-onnx-whisper-base.tar.bz2`,
        sizeBytes: 207_557_382,
        sha256: '911b2083efd7c0dca2ac3b358b75222660dc09fb716d64fbfc417ba6c99ff3de',
        files: inFolder('sherpa-onnx-whisper-base', [
          'base-encoder.int8.onnx',
          'base-decoder.int8.onnx',
          'base-tokens.txt',
        ]),
      },
    ],
    recognizer: {
      mode: 'offline',
      family: 'whisper',
      files: { encoder: 'base-encoder.int8.onnx', decoder: 'base-decoder.int8.onnx' },
      tokens: 'base-tokens.txt',
      options: { task: 'transcribe' },
      takesLanguage: true,
    },
  },
  {
    name: 'zipformer-streaming-en-20m',
    languages: ['en'],
    licence: 'Apache-2.0',
    home: 'https://huggingface.co/csukuangfj/sherpa-onnx-streaming-zipformer-en-20M-2023-02-17',
    downloads: [
      {
        url: `${RELEASES}/asr-models/sherpa-onnx-streaming-zipformer-en-20M-2023-02-17.tar.bz2`,
        sizeBytes: 127_887_156,
        sha256: '9c559283e8498d3fe95913c79ca1cb454bb26281ac2b102b41306c7d752765d9',
        files: inFolder('sherpa-onnx-streaming-zipformer-en-20M-2023-02-17', [
          'encoder-epoch-99-avg-1.int8.onnx',
          'decoder-epoch-99-avg-1.onnx',
          'joiner-epoch-99-avg-1.int8.onnx',
          'tokens.txt',
        ]),
      },
    ],
    recognizer: {
      mode: 'streaming',
      family: 'transducer',
      files: {
        encoder: 'encoder-epoch-99-avg-1.int8.onnx',
        decoder: 'decoder-epoch-99-avg-1.onnx',
        joiner: 'joiner-epoch-99-avg-1.int8.onnx',
      },
      tokens: 'tokens.txt',
    },
  },
  {
    name: 'speakers-titanet-small',
    languages: [],
    licence: 'MIT (segmentation), CC-BY-4.0 (voices)',
    home: 'https://k2-fsa.github.io/sherpa/onnx/speaker-diarization/index.html',
    downloads: [
      {
        url: `${RELEASES}/speaker-segmentation-models/sherpa-onnx-pyannote-segmentation-3-0.tar.bz2`,
        sizeBytes: 6_958_444,
        sha256: '24615ee884c897d9d2ba09bb4d30da6bb1b15e685065962db5b02e76e4996488',
        files: ['sherpa-onnx-pyannote-segmentation-3-0/model.onnx'],
      },
      {
        // The misspelling is upstream's.
        url: `${RELEASES}/speaker-recongition-models/nemo_en_titanet_small.onnx`,
        sizeBytes: 40_257_283,
        sha256: 'ad4a1802485d8b34c722d2a9d04249662f2ece5d28a7a039063ca22f515a789e',
        files: ['nemo_en_titanet_small.onnx'],
      },
    ],
    diarizer: { segmentation: 'model.onnx', embedding: 'nemo_en_titanet_small.onnx' },
  },
];

function inFolder(folder: string, names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}`);
}
