import { readFile } from 'node:fs/promises';
import { type Config, ConfigError } from '../config/load.ts';
import type { EngineSettings } from '../engines/registry.ts';
import type { Upstream } from '../engines/speechmatics/upstream.ts';
import type { InstalledModel } from '../models/model.ts';
import { ModelError } from '../models/model-error.ts';
import { modelDirectory, modelsRoot, readModel } from '../models/models.ts';

/** What the configured engine is made with. Throws `ConfigError` naming the option, and what helps. */
export async function engineSettings(config: Config): Promise<EngineSettings> {
  const upstream = await findUpstream(config);
  return { threads: config.engines.threads, ...(await findModels(config)), ...(upstream && { upstream }) };
}

async function findModels({
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

/** A bearer token may hold these characters (RFC 6750); others would break the header. */
const TOKEN = /^[\w.~+/-]+=*$/;

async function findUpstream({ engines }: Config): Promise<Upstream | undefined> {
  const { name: engine, upstreamUrl: url, upstreamTokenFile, upstreamCaFile, upstreamLanguages } = engines;
  if (engine !== 'speechmatics' && url !== undefined) {
    throw new ConfigError(`PARLEY_UPSTREAM_URL is for PARLEY_ENGINE=speechmatics, not ${engine}`);
  }
  if (engine !== 'speechmatics') return undefined;
  if (url === undefined) throw new ConfigError('PARLEY_ENGINE=speechmatics needs PARLEY_UPSTREAM_URL');
  const token = await read(upstreamTokenFile, 'PARLEY_UPSTREAM_TOKEN_FILE');
  if (token !== undefined && !TOKEN.test(token)) {
    throw new ConfigError('PARLEY_UPSTREAM_TOKEN_FILE must hold one bearer token and nothing else');
  }
  const ca = await read(upstreamCaFile, 'PARLEY_UPSTREAM_CA_FILE');
  return {
    url,
    languages: upstreamLanguages,
    ...(token !== undefined && { token }),
    ...(ca !== undefined && { ca }),
  };
}

async function read(path: string | undefined, option: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new ConfigError(`${option} cannot be read (${code})`);
  });
  return text.trim();
}
