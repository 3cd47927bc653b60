import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import llama from 'llama-tokenizer-js';
import { installModel } from '../../src/models/install.ts';
import type { Model } from '../../src/models/model.ts';
import { modelDirectory } from '../../src/models/models.ts';
import { LOUDNESS_TOKENS, loudnessCtc } from './onnx/loudness.ts';

const WEIGHTS = new URL('model/tiny/quantized/', import.meta.resolve('@moonshine-ai/moonshine-js'));
type Described = Omit<Model, 'downloads' | 'home' | 'licence'>;

const HOME = 'https://example.invalid/';

/**
 * Installs Moonshine tiny for English below `root`, as an operator does by hand: the weights of the embedded engine,
 * which sherpa-onnx reads too. Resolves to its directory.
 */
export function installMoonshine(root: string): Promise<string> {
  const read = (name: string) => readFileSync(new URL(name, WEIGHTS));
  const model: Described = {
    name: 'moonshine-tiny-en',
    languages: ['en'],
    recognizer: {
      mode: 'offline',
      family: 'moonshine',
      files: { encoder: 'encoder_model.onnx', mergedDecoder: 'decoder_model_merged.onnx' },
      tokens: 'tokens.txt',
      maxSegmentSeconds: 8,
    },
  };
  return installFiles(root, model, {
    'encoder_model.onnx': read('encoder_model.onnx'),
    'decoder_model_merged.onnx': read('decoder_model_merged.onnx'),
    'tokens.txt': tokensFile(),
  });
}

/** Installs a model made here that says how loud it is: small, for what needs any model. */
export function installLoudness(root: string): Promise<string> {
  const recognizer = {
    mode: 'offline',
    family: 'zipformerCtc',
    files: { model: 'model.onnx' },
    tokens: 'tokens.txt',
  } as const;
  return installFiles(
    root,
    { name: 'loudness', languages: ['en', 'de'], recognizer },
    { 'model.onnx': loudnessCtc(), 'tokens.txt': LOUDNESS_TOKENS },
  );
}

/** One token a line, in base64, with its number: the format of sherpa-onnx's Moonshine. */
function tokensFile(): string {
  const lines = Array.from({ length: 32_768 }, (_, id) => `${bytesOf(id).toString('base64')}\t${id}`);
  return `${lines.join('\n')}\n`;
}

function bytesOf(id: number): Buffer {
  const token = llama.vocabById[id] ?? `<${id}>`;
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1];
  return byte ? Buffer.from(byte, 'hex') : Buffer.from(token.replaceAll('▁', ' '));
}

/** Installs a model from the content of its files, by name, below `root`. Resolves to its directory. */
export async function installFiles(
  root: string,
  model: Described,
  files: Readonly<Record<string, Uint8Array | string>>,
): Promise<string> {
  const folder = path.join(root, `.${model.name}-files`);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  const downloads = Object.keys(files).map((file) => ({ url: HOME + file, sizeBytes: 1, files: [file] }));
  const whole = { ...model, licence: 'CC0-1.0', home: HOME, downloads };
  await installModel(whole, { root, from: [folder], onProgress: () => {} });
  return modelDirectory(root, model.name);
}
