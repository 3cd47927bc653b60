import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { CATALOGUE } from '../models/catalogue.ts';
import { installModel } from '../models/install.ts';
import { type Model, parseModel } from '../models/model.ts';
import { ModelError } from '../models/model-error.ts';
import {
  listInstalled,
  modelDirectory,
  modelsRoot,
  readModel,
  removeModel,
  verifyModel,
} from '../models/models.ts';
import { createProgressBar } from './terminal/progress-bar.ts';
import { printJson, printTable } from './terminal/report.ts';
import { withConfig } from './terminal/with-config.ts';

export const modelsCommand = (): Command =>
  new Command('models')
    .addCommand(
      new Command('list')
        .description('list the catalogue and what is installed')
        .option('--json', 'print it as JSON')
        .action((options: { json?: true }) => withModels((root) => list(root, options))),
    )
    .addCommand(
      new Command('install')
        .description('fetch a model, check it and install it')
        .argument('[name]', 'a model of the catalogue')
        .option('--manifest <file>', 'describes a model that is not in the catalogue')
        .option('--from <path>', 'a file or directory of files fetched before; repeat it for more', collect)
        .action((name: string | undefined, options: InstallFlags) =>
          withModels((root) => install(root, name, options)),
        ),
    )
    .addCommand(
      new Command('verify')
        .description('compare the files of a model, or of all, with what was installed')
        .argument('[name]')
        .action((name?: string) => withModels((root) => verify(root, name))),
    )
    .addCommand(
      new Command('remove')
        .description('delete an installed model')
        .argument('<name>')
        .action((name: string) => withModels((root) => removeModel(root, name))),
    );

interface InstallFlags {
  readonly manifest?: string;
  readonly from?: readonly string[];
}

const collect = (path: string, earlier: readonly string[] = []): readonly string[] => [...earlier, path];

const withModels = (command: (root: string) => Promise<void>): Promise<void> =>
  withConfig(
    ({ app }) => command(modelsRoot(app.dataDir)),
    (error) => error instanceof ModelError,
  );

async function list(root: string, { json }: { json?: true }): Promise<void> {
  const known = new Map<string, Listed>();
  for (const model of CATALOGUE) known.set(model.name, { model, state: 'no' });
  for (const name of await listInstalled(root)) {
    const model = await readModel(modelDirectory(root, name)).catch(() => undefined);
    known.set(name, model ? { model, state: 'yes' } : { model: known.get(name)?.model, state: 'damaged' });
  }
  const names = [...known.keys()].sort();
  if (json) {
    printJson(names.map((name) => ({ name, ...known.get(name)?.model, installed: known.get(name)?.state })));
    return;
  }
  printTable(
    ['MODEL', 'INSTALLED', 'KIND', 'DOWNLOAD', 'LICENCE', 'LANGUAGES'],
    names.map((name) => {
      const { model, state = '' } = known.get(name) ?? {};
      if (!model) return [name, state];
      const kind = model.recognizer?.mode ?? 'diarization';
      const size = `${Math.ceil(bytesOf(model) / 1e6)} MB`;
      return [name, state, kind, size, model.licence, model.languages.join(' ')];
    }),
  );
}

interface Listed {
  readonly model: Model | undefined;
  readonly state: 'yes' | 'no' | 'damaged';
}

const bytesOf = ({ downloads }: Model): number =>
  downloads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

async function install(root: string, name: string | undefined, flags: InstallFlags): Promise<void> {
  const model = await chooseModel(name, flags.manifest);
  const bar = createProgressBar(process.stderr);
  try {
    await installModel(model, { root, from: flags.from ?? [], onProgress: bar.show });
  } finally {
    bar.end();
  }
  console.log(`installed ${model.name} (licence: ${model.licence}; ${model.home})`);
  const option = model.recognizer ? 'PARLEY_ENGINE=sherpa-onnx PARLEY_MODEL' : 'PARLEY_DIARIZATION_MODEL';
  console.log(`use it with ${option}=${model.name}`);
}

async function chooseModel(name: string | undefined, manifest: string | undefined): Promise<Model> {
  if ((name === undefined) === (manifest === undefined)) {
    throw new ModelError('name a model of the catalogue, or give --manifest');
  }
  if (manifest !== undefined) {
    const text = await readFile(manifest, 'utf8').catch((error: Error) => {
      throw new ModelError(`the manifest cannot be read: ${error.message}`);
    });
    return parseModel(text);
  }
  const found = CATALOGUE.find((model) => model.name === name);
  if (!found)
    throw new ModelError(`the catalogue has no model ${JSON.stringify(name)}; see parley models list`);
  return found;
}

async function verify(root: string, name: string | undefined): Promise<void> {
  const wrong: string[] = [];
  for (const one of name === undefined ? await listInstalled(root) : [name]) {
    const files = await verifyModel(root, one);
    console.log(`${one}: ${files.length === 0 ? 'as installed' : `changed: ${files.join(', ')}`}`);
    if (files.length > 0) wrong.push(one);
  }
  if (wrong.length > 0) throw new ModelError(`remove and install again: ${wrong.join(', ')}`);
}
