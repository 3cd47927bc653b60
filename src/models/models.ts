import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hashFile } from './hash-file.ts';
import { type InstalledModel, MANIFEST, parseInstalledModel } from './model.ts';
import { ModelError } from './model-error.ts';

/** The directory of all models. */
export const modelsRoot = (dataDir: string): string => join(dataDir, 'models');

/** Where a model is, or would be. Throws `ModelError` for what cannot be a name: it becomes part of a path. */
export function modelDirectory(root: string, name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,63}$/.test(name))
    throw new ModelError(`${JSON.stringify(name)} names no model`);
  return join(root, name);
}

/**
 * Reads the manifest in a model's directory and looks whether its files are there, each of its length.
 * Throws `ModelError`.
 */
export async function readModel(directory: string): Promise<InstalledModel> {
  const model = await readManifest(directory);
  for (const { file, sizeBytes } of model.installed) {
    const found = await stat(join(directory, file)).catch(() => undefined);
    if (found?.size !== sizeBytes)
      throw new ModelError(`${file} of the model ${model.name} is not as installed`);
  }
  return model;
}

/** The names of all installed models, sorted; none when the directory is not there. */
export async function listInstalled(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return names.map(({ name }) => name).sort();
}

/** Hashes every file of an installed model. Returns the names of those that are not as installed. */
export async function verifyModel(root: string, name: string): Promise<string[]> {
  const directory = modelDirectory(root, name);
  const { installed } = await readManifest(directory);
  const wrong: string[] = [];
  for (const { file, sha256 } of installed) {
    const found = await hashFile(join(directory, file)).catch(() => undefined);
    if (found !== sha256) wrong.push(file);
  }
  return wrong;
}

/** Deletes an installed model. Throws `ModelError` when there is none. */
export async function removeModel(root: string, name: string): Promise<void> {
  const directory = modelDirectory(root, name);
  if (!(await listInstalled(root)).includes(name)) throw new ModelError(`the model ${name} is not installed`);
  await rm(directory, { recursive: true });
}

async function readManifest(directory: string): Promise<InstalledModel> {
  const text = await readFile(join(directory, MANIFEST), 'utf8').catch(() => {
    throw new ModelError(`the model ${basename(directory)} is not installed`);
  });
  return parseInstalledModel(text);
}
