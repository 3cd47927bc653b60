import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAst } from 'vitest/node';

/** What a folder of `src` may import beside itself; ARCHITECTURE.md explains it. Type imports count. */
const MAY_IMPORT: Readonly<Record<string, string>> = {
  base: '',
  errors: 'base',
  db: 'base errors',
  http: 'base errors',
  audio: 'base errors',
  storage: 'base errors',
  transcripts: 'base errors',
  regions: 'base errors',
  net: 'base errors',
  models: 'base errors',
  backup: 'base errors db storage',
  metrics: 'base errors', // only app knows it, and gives it what it counts
  tracing: 'base errors', // only app knows it; the others know base/span.ts
  engines: 'base errors audio transcripts net models',
  identity: 'base errors db regions',
  usage: 'base errors db',
  replication: 'base errors db', // of the databases alone: what is in the tables others know
  jobs: 'base errors db storage audio transcripts engines identity usage net',
  realtime: 'base errors audio transcripts engines identity usage',
  api: 'http base errors identity regions jobs realtime usage transcripts engines',
  config: 'base errors */options.ts',
  app: 'base errors db http audio storage transcripts regions net models metrics tracing engines identity usage jobs realtime api config backup replication',
  doctor: 'base errors', // speaks to any server, over HTTP only
  cli: 'app config base errors doctor models',
  'cli/scanner-rules.ts': 'base errors identity', // knows what keys look like; needs no server
  'cli/keys/pepper.ts': 'config base errors identity', // edits the file of the nodes
};
const MAX_LINES = 500;
const MAX_FILES_IN_FOLDER = 12;

describe('src', () => {
  const root = fileURLToPath(new URL('../src', import.meta.url));
  it('keeps to the rules', () => {
    const sources = readSources(root);
    expect(sources.length).toBeGreaterThan(0);
    expect(violations(sources)).toEqual([]);
  });
});

/** Of the portal: what its common folders may import; a page may import any of them, and nothing may leave the portal. */
const PORTAL_MAY_IMPORT: Readonly<Record<string, string>> = {
  api: '',
  ui: 'api',
  form: 'api ui',
  samples: 'api ui shell',
  shell: 'api ui sign-in', // whose session has ended signs in over the page
};

describe('the portal', () => {
  const sources = readSources(fileURLToPath(new URL('../portal/src', import.meta.url)));

  it('imports nothing of the server, and its common folders nothing of the pages', () => {
    expect(sources.length).toBeGreaterThan(0);
    const wrong = sources.flatMap(({ file, imports }) => {
      const allowed = PORTAL_MAY_IMPORT[folderOf(file)]?.split(' ');
      const isAllowed = (to: string) =>
        !to.startsWith('../') &&
        (allowed === undefined || folderOf(to) === folderOf(file) || allowed.includes(folderOf(to)));
      return imports.filter((to) => !isAllowed(to)).map((to) => `${file} may not import ${to}`);
    });
    expect(wrong).toEqual([]);
  });

  it('has no cycles and no full folders', () => {
    expect([...fullFolders(sources), ...cycles(sources)]).toEqual([]);
  });
});

describe('each rule bites', () => {
  const ok = 'export const ok = 1;\n';
  const from = (specifier: string) => `import type { A } from '${specifier}';\n`;
  const many = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`base/f${i}.ts`, ok]));

  it.each<[string, Record<string, string>, RegExp[]]>([
    ['nothing wrong', { 'base/a.ts': ok, 'errors/b.ts': from('../base/a.ts') }, []],
    [
      'a type import',
      { 'jobs/a.ts': ok, 'engines/b.ts': from('../jobs/a.ts') },
      [/engines\/b.ts may not import jobs/],
    ],
    [
      'export from',
      { 'db/a.ts': ok, 'api/b.ts': `export * from '../db/a.ts';` },
      [/api\/b.ts may not import db/],
    ],
    [
      'import()',
      { 'cli/a.ts': ok, 'app/b.ts': `await import('../cli/a.ts');` },
      [/app\/b.ts may not import cli/],
    ],
    [
      'a type of import()',
      { 'db/a.ts': ok, 'base/b.ts': `type T = import('../db/a.ts').T;` },
      [/not import db/],
    ],
    [
      'import() of a variable',
      { 'base/a.ts': `await import(name);` },
      [/a.ts imports what cannot be read here/],
    ],
    ['options.ts in config', { 'jobs/options.ts': ok, 'config/a.ts': from('../jobs/options.ts') }, []],
    [
      'more of it in config',
      { 'jobs/a.ts': ok, 'config/a.ts': from('../jobs/a.ts') },
      [/config\/a.ts may not import jobs/],
    ],
    [
      'scanner-rules.ts in cli',
      { 'identity/a.ts': ok, 'cli/scanner-rules.ts': from('../identity/a.ts') },
      [],
    ],
    [
      'another file in cli',
      { 'db/a.ts': ok, 'cli/serve.ts': from('../db/a.ts') },
      [/cli\/serve.ts may not import db/],
    ],
    [
      'more in it than it may',
      { 'app/a.ts': ok, 'cli/scanner-rules.ts': from('../app/a.ts') },
      [/scanner-rules.ts may not import app/],
    ],
    ['a way out of src', { 'base/a.ts': from('../../tools/x.ts') }, [/base\/a.ts may not import .*tools/]],
    ['an unknown folder', { 'utils/a.ts': ok }, [/utils\/a.ts lies in a folder without a rule/]],
    ['a file beside the folders', { 'a.ts': ok }, [/a.ts lies in a folder without a rule/]],
    [
      'a test',
      { 'db/a.ts': ok, 'base/b.test.ts': from('../db/a.ts'), 'base/b.contract.ts': from('../db/a.ts') },
      [],
    ],
    [
      'a cycle of types',
      { 'base/a.ts': from('./b.ts'), 'base/b.ts': from('./c.ts'), 'base/c.ts': from('./a.ts') },
      [/cycle: base\/a.ts > base\/b.ts > base\/c.ts > base\/a.ts/],
    ],
    ['process.env', { 'base/a.ts': 'export const x = process.env.X;' }, [/a.ts reads the environment/]],
    [
      'process.env in a test',
      { 'base/a.test.ts': `process.env['X'] = '1';` },
      [/a.test.ts reads the environment/],
    ],
    ['env taken out', { 'base/a.ts': 'export const { env } = process;' }, [/a.ts reads the environment/]],
    ['env imported', { 'base/a.ts': `export { env } from 'node:process';` }, [/a.ts reads the environment/]],
    ['process.env in config', { 'config/a.ts': 'export const x = process.env.X;' }, []],
    ['a long file', { 'base/a.ts': '// x\n'.repeat(501) }, [/a.ts has 501 lines/]],
    ['a file at the limit', { 'base/a.ts': '// x\n'.repeat(500) }, []],
    [
      'an open end',
      { 'base/a.ts': `// ${'TO'}DO: later\n`, 'base/b.ts': `// ${'FIX'}ME\n` },
      [/a.ts has a/, /b.ts has a/],
    ],
    ['a full folder', many, [/base has 13 source files/]],
    ['tests in a full folder', { ...omitFirst(many), 'base/f1.test.ts': ok, 'base/f.contract.ts': ok }, []],
  ])('%s', (_, files, expected) => {
    const found = violations(readSources(plant(files)));
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });
});

interface Source {
  /** Below `src`, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly tree: Node;
  /** Imported files below `src`; an import that leaves `src` starts with `../`. */
  readonly imports: readonly string[];
}

type Node = { readonly type: string; readonly [key: string]: unknown };

function readSources(root: string): Source[] {
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.tsx?$/.test(name),
  );
  return names.sort().map((name) => {
    const file = name.split(path.sep).join('/');
    const text = readFileSync(path.join(root, name), 'utf8');
    const lang = file.endsWith('.tsx') ? 'tsx' : 'ts';
    const tree = parseAst(text, { lang }) as unknown as Node;
    const relative = specifiers(tree).filter((specifier) => specifier.startsWith('.'));
    return { file, text, tree, imports: relative.map((to) => path.posix.join(path.posix.dirname(file), to)) };
  });
}

function violations(sources: readonly Source[]): string[] {
  const perFile = sources.flatMap((source) => [
    ...forbiddenImports(source),
    ...(specifiers(source.tree).includes(UNREADABLE)
      ? [`${source.file} imports what cannot be read here`]
      : []),
    ...environmentReads(source),
    ...textFaults(source),
  ]);
  return [...perFile, ...fullFolders(sources), ...cycles(sources)];
}

function forbiddenImports({ file, imports }: Source): string[] {
  if (isTest(file)) return [];
  const folder = folderOf(file);
  const allowed = (MAY_IMPORT[file] ?? MAY_IMPORT[folder])?.split(' ');
  if (allowed === undefined) return [`${file} lies in a folder without a rule`];
  const isAllowed = (to: string) =>
    folderOf(to) === folder ||
    allowed.includes(folderOf(to)) ||
    (allowed.includes('*/options.ts') && /^[a-z-]+\/options\.ts$/.test(to));
  return imports.filter((to) => !isAllowed(to)).map((to) => `${file} may not import ${to}`);
}

function textFaults({ file, text }: Source): string[] {
  const lines = text.trimEnd().split('\n').length;
  return [
    ...(lines > MAX_LINES ? [`${file} has ${lines} lines, the limit is ${MAX_LINES}`] : []),
    ...(/\b(TODO|FIXME)\b/.test(text)
      ? [`${file} has a note of unfinished work; open an issue instead`]
      : []),
  ];
}

function environmentReads({ file, tree }: Source): string[] {
  if (folderOf(file) === 'config') return [];
  return nodes(tree).some(readsEnvironment) ? [`${file} reads the environment, which only config may`] : [];
}

/** `process.env`, `globalThis.process.env`, `const { env } = process`, and `env` from `node:process`. */
function readsEnvironment(node: Node): boolean {
  const names = (value: unknown): boolean =>
    nodes(value).some((part) => part.name === 'env' || part.value === 'env');
  if (node.type === 'MemberExpression') return endsInProcess(node.object) && names(node.property);
  if (node.type === 'VariableDeclarator') return endsInProcess(node.init) && names(node.id);
  const source = (node.source as Node | undefined)?.value;
  return (source === 'node:process' || source === 'process') && names(node.specifiers);
}

function endsInProcess(value: unknown): boolean {
  const node = value as Node | null;
  return node?.type === 'MemberExpression' ? endsInProcess(node.property) : node?.name === 'process';
}

function fullFolders(sources: readonly Source[]): string[] {
  const counts = new Map<string, number>();
  for (const { file } of sources.filter((source) => !isTest(source.file))) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > MAX_FILES_IN_FOLDER)
    .map(([folder, count]) => `${folder} has ${count} source files, the limit is ${MAX_FILES_IN_FOLDER}`);
}

/** Walks depth first; an import of a file that is still on the path closes a cycle. */
function cycles(sources: readonly Source[]): string[] {
  const importsOf = new Map(sources.map((source) => [source.file, source.imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (file: string, trail: readonly string[]) => {
    if (trail.includes(file))
      found.push(`import cycle: ${[...trail.slice(trail.indexOf(file)), file].join(' > ')}`);
    else if (!done.has(file)) {
      for (const to of importsOf.get(file) ?? []) visit(to, [...trail, file]);
      done.add(file);
    }
  };
  for (const { file } of sources) visit(file, []);
  return found;
}

const UNREADABLE = '(not a literal)';

/** What a file imports in any form: import, export from, import(), import type, and `import('x').T`. */
function specifiers(tree: Node): string[] {
  const types = /^(Import(Declaration|Expression)|Export(Named|All)Declaration|TSImportType)$/;
  return nodes(tree)
    .filter((node) => types.test(node.type) && node.source)
    .map((node) => (node.source as Node).value)
    .map((value) => (typeof value === 'string' ? value : UNREADABLE));
}

function nodes(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodes);
  if (typeof value !== 'object' || value === null || !('type' in value)) return [];
  return [value as Node, ...Object.values(value).flatMap(nodes)];
}

function isTest(file: string): boolean {
  return /\.(test|contract)\.ts$/.test(file);
}

function folderOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : '';
}

function omitFirst(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).slice(1));
}

function plant(files: Record<string, string>): string {
  const root = mkdtempSync(path.join(os.tmpdir(), 'parley-architecture-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return root;
}
