import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { download, type Progress } from './download.ts';
import { hashFile } from './hash-file.ts';
import { type Download, type InstalledModel, isArchive, lastPart, MANIFEST, type Model } from './model.ts';
import { ModelError } from './model-error.ts';
import { listInstalled, modelDirectory } from './models.ts';
import { unpack } from './unpack.ts';

export interface InstallOptions {
  /** The directory of all models. */
  readonly root: string;
  /** Files the operator has fetched, or directories of them, recognised by name; what is not there is fetched. */
  readonly from: readonly string[];
  readonly onProgress: (step: string, ...progress: Parameters<Progress>) => void;
}

/**
 * Installs a model: all of it appears at once, under its name, or nothing does. Throws `ModelError`.
 */
export async function installModel(model: Model, options: InstallOptions): Promise<InstalledModel> {
  const { root } = options;
  const directory = modelDirectory(root, model.name);
  if ((await listInstalled(root)).includes(model.name)) {
    throw new ModelError(`the model ${model.name} is installed already`);
  }
  const given = await listGiven(options.from);
  const staging = join(root, `.installing-${model.name}`);
  // An earlier run may have been killed.
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true, mode: 0o700 });
  try {
    for (const part of model.downloads) await bring(part, { ...options, given, staging });
    const installed = await describe(staging);
    const manifest: InstalledModel = { ...model, installed };
    await writeFile(join(staging, MANIFEST), JSON.stringify(manifest, null, 2), { mode: 0o600 });
    await rename(staging, directory);
    return manifest;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

interface Bring extends InstallOptions {
  /** Paths of the operator's own files by name. */
  readonly given: ReadonlyMap<string, string>;
  readonly staging: string;
}

/** Puts the files of one download into the staging directory. */
async function bring(part: Download, { root, given, staging, onProgress }: Bring): Promise<void> {
  const name = lastPart(part.url);
  const own = given.get(name);
  const path = own
    ? await checkOwn(part, own)
    : await download(part, {
        directory: join(root, '.downloads'),
        onProgress: (done, total) => onProgress(`fetching ${name}`, done, total),
      });
  if (isArchive(part)) {
    const { size } = await stat(path);
    const selection = { files: part.files, directory: staging };
    await unpack(path, selection, (done) => onProgress(`unpacking ${name}`, done, size));
  } else await copyFile(path, join(staging, name));
  if (!own) await rm(path);
}

/** Without a checksum in its manifest the operator's word that this is the file stands. */
async function checkOwn({ sha256 }: Download, path: string): Promise<string> {
  if (sha256 !== undefined && (await hashFile(path)) !== sha256) {
    throw new ModelError(`${path} is not the file its checksum describes`);
  }
  return path;
}

async function listGiven(from: readonly string[]): Promise<Map<string, string>> {
  const given = new Map<string, string>();
  for (const path of from) {
    const found = await stat(path).catch(() => undefined);
    if (!found) throw new ModelError(`${path} is not there`);
    const paths = found.isDirectory() ? (await readdir(path)).map((name) => join(path, name)) : [path];
    for (const one of paths) given.set(basename(one), one);
  }
  return given;
}

async function describe(directory: string): Promise<InstalledModel['installed']> {
  const installed: InstalledModel['installed'] = [];
  for (const file of await readdir(directory)) {
    const path = join(directory, file);
    const { size } = await stat(path);
    installed.push({ file, sizeBytes: size, sha256: await hashFile(path) });
  }
  return installed;
}
