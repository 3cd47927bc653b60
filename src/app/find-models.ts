import { type Config, ConfigError } from '../config/load.ts';
import type { EngineSettings } from '../engines/registry.ts';
import type { InstalledModel } from '../models/model.ts';
import { ModelError } from '../models/model-error.ts';
import { modelDirectory, modelsRoot, readModel } from '../models/models.ts';

/** Where the models are that the engine needs. Throws `ConfigError` naming the option, and the command that helps. */
export async function findModels({
  app,
  engines,
}: Config): Promise<Pick<EngineSettings, 'modelDirectory' | 'diarizationDirectory'>> {
  const { name: engine, model, diarizationModel } = engines;
  const root = modelsRoot(app.dataDir);
  if (engine !== 'sherpa-onnx' && model !== undefined) {
    throw new ConfigError(`PARLEY_MODEL is for PARLEY_ENGINE=sherpa-onnx, not ${engine}`);
  }
  if (engine === 'sherpa-onnx' && model === undefined) {
    throw new ConfigError('PARLEY_ENGINE=sherpa-onnx needs PARLEY_MODEL; see parley models list');
  }
  return {
    ...(model !== undefined && {
      modelDirectory: await find({ root, name: model, option: 'PARLEY_MODEL', part: 'recognizer' }),
    }),
    ...(diarizationModel !== undefined && {
      diarizationDirectory: await find({
        root,
        name: diarizationModel,
        option: 'PARLEY_DIARIZATION_MODEL',
        part: 'diarizer',
      }),
    }),
  };
}

interface Wanted {
  readonly root: string;
  readonly name: string;
  readonly option: string;
  /** What the model must have. */
  readonly part: 'recognizer' | 'diarizer';
}

async function find({ root, name, option, part }: Wanted): Promise<string> {
  try {
    const directory = modelDirectory(root, name);
    const model: InstalledModel = await readModel(directory);
    if (model[part]) return directory;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw new ConfigError(`${option}: ${error.message}; parley models install ${name} installs it`);
  }
  const does = part === 'recognizer' ? 'recognises no speech' : 'tells no speakers apart';
  throw new ConfigError(`${option}: the model ${name} ${does}; see parley models list`);
}
