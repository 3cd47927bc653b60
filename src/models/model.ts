import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { ModelError } from './model-error.ts';

/** The manifest of an installed model, in its directory. */
export const MANIFEST = 'model.json';

const closed = { additionalProperties: false };
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const fileName = Type.String({ pattern: FILE_NAME.source });
const files = Type.Record(Type.String({ pattern: '^[A-Za-z]{1,40}$' }), fileName, closed);
const sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const sizeBytes = Type.Integer({ minimum: 1, maximum: 100 * 1024 ** 3 });

/** One file to fetch: an archive (`.tar.bz2`) of which some files are kept, or the file itself. */
const Download = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', maxLength: 2_000 }),
    sizeBytes,
    /** Without it the file is taken from the operator's hands only, never from the network. */
    sha256: Type.Optional(sha256),
    /** Paths inside the archive; kept under their last part. A file that is no archive has exactly its own name. */
    files: Type.Array(Type.String({ minLength: 1, maxLength: 300 }), { minItems: 1, maxItems: 50 }),
  },
  closed,
);

/** How sherpa-onnx is told about a model that recognises speech. */
const Recognizer = Type.Object(
  {
    /** `streaming` models hear speech as it comes; jobs give them a stretch at a time. */
    mode: Type.Enum(['offline', 'streaming']),
    /** The member of sherpa-onnx's model config that takes the files. */
    family: Type.Enum([
      'transducer',
      'whisper',
      'moonshine',
      'senseVoice',
      'paraformer',
      'nemoCtc',
      'zipformerCtc',
      'zipformer2Ctc',
    ]),
    /** Files by what the family calls them (`encoder`, `model`, …). */
    files,
    tokens: fileName,
    /** Passed on as `modelType`, for families that have several (`nemo_transducer`). */
    modelType: Type.Optional(Type.String({ maxLength: 40 })),
    /** Other members of the family, passed on as they are. */
    options: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
    ),
    /** The family takes the language spoken, as its member `language`. */
    takesLanguage: Type.Optional(Type.Boolean()),
    /** The longest stretch of speech the model bears; 15 unless told. */
    maxSegmentSeconds: Type.Optional(Type.Number({ minimum: 2, maximum: 30 })),
  },
  closed,
);

/** The two models that tell speakers apart. */
const Diarizer = Type.Object(
  {
    segmentation: fileName,
    embedding: fileName,
    /** Distance of two voices, in [0, 1], above which they are two speakers; 0.5 unless told. */
    threshold: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  },
  closed,
);

const model = {
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' }),
  /** ISO 639 codes; none for a model that tells speakers apart. */
  languages: Type.Array(Type.String({ pattern: '^[a-z]{2,3}$' }), { uniqueItems: true }),
  /** SPDX identifier, or the licence's own name. */
  licence: Type.String({ minLength: 1, maxLength: 200 }),
  /** Where its makers describe it. */
  home: Type.String({ pattern: '^https?://', maxLength: 2_000 }),
  downloads: Type.Array(Download, { minItems: 1, maxItems: 10 }),
  recognizer: Type.Optional(Recognizer),
  diarizer: Type.Optional(Diarizer),
};
const ModelSchema = Type.Object(model, closed);

const InstalledModelSchema = Type.Object(
  {
    ...model,
    /** What was installed, as it was then. */
    installed: Type.Array(Type.Object({ file: fileName, sizeBytes, sha256 }, closed), { minItems: 1 }),
  },
  closed,
);

/** What is known of a model before it is installed: an entry of the catalogue, or a manifest the operator wrote. */
export type Model = Static<typeof ModelSchema>;
export type Download = Static<typeof Download>;
export type Recognizer = Static<typeof Recognizer>;
export type Diarizer = Static<typeof Diarizer>;
/** A model with what was written to disk; the content of `model.json` in its directory. */
export type InstalledModel = Static<typeof InstalledModelSchema>;

const modelValidator = Compile(ModelSchema);
const installedValidator = Compile(InstalledModelSchema);

/** Reads a manifest's JSON text. Throws `ModelError` naming what is wrong with it. */
export function parseModel(text: string): Model {
  const value = parseJson(text);
  if (!modelValidator.Check(value)) throw invalid(modelValidator.Errors(value));
  checkModel(value);
  return value;
}

/** Reads the manifest of an installed model. Throws `ModelError`. */
export function parseInstalledModel(text: string): InstalledModel {
  const value = parseJson(text);
  if (!installedValidator.Check(value)) throw invalid(installedValidator.Errors(value));
  return value;
}

/** Whether a download is an archive of which some files are kept. */
export const isArchive = ({ url }: Download): boolean => url.endsWith('.tar.bz2');

/** The last part of a path or URL: what a file is called when it is kept. */
export const lastPart = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function checkModel({ recognizer, diarizer, downloads }: Model): void {
  if ((recognizer === undefined) === (diarizer === undefined)) {
    throw new ModelError('the manifest must have either a recognizer or a diarizer');
  }
  const kept = downloads.flatMap((download) => download.files.map(lastPart));
  if (new Set(kept).size !== kept.length) throw new ModelError('two files of the manifest have one name');
  const unfit = kept.find((name) => !FILE_NAME.test(name) || name === MANIFEST);
  if (unfit !== undefined) throw new ModelError(`${JSON.stringify(unfit)} cannot be the name of a file`);
  const alone = downloads.find((one) => !isArchive(one) && one.files.join() !== lastPart(one.url));
  if (alone) throw new ModelError(`${alone.url} is no .tar.bz2, so its files must be its own name`);
  const used = recognizer
    ? [...Object.values(recognizer.files), recognizer.tokens]
    : [diarizer?.segmentation ?? '', diarizer?.embedding ?? ''];
  const missing = used.find((file) => !kept.includes(file));
  if (missing !== undefined) throw new ModelError(`the manifest uses ${missing}, which no download brings`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ModelError('the manifest is not JSON');
  }
}

function invalid(errors: Iterable<{ instancePath: string; message: string }>): ModelError {
  const [first] = errors;
  return new ModelError(`the manifest is wrong: ${first?.instancePath || 'it'} ${first?.message}`);
}
