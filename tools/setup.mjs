// Makes a clone runnable: npm packages, then `dist/`. Plain JavaScript without dependencies, because it
// runs before anything is installed. `install` or `build` as argument does only that half.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const inRoot = (...parts) => path.join(root, ...parts);
const installed = inRoot('node_modules/.package-lock.json');
const dist = inRoot('dist');
/** The workspace of the web application. */
const PORTAL = 'portal';
const isLeftOutOfBuild = (name) => /\.(test|contract)\.ts$/.test(name);

function needsInstall() {
  const at = fs.statSync(installed, { throwIfNoEntry: false })?.mtimeMs;
  return at === undefined || at < fs.statSync(inRoot('package-lock.json')).mtimeMs;
}

function install() {
  // The compiler is a development dependency, so those come even under NODE_ENV=production.
  run('npm', ['ci', '--include=dev']);
}

function sourceFiles() {
  const entries = fs.readdirSync(inRoot('src'), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !isLeftOutOfBuild(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
}

function portalFiles() {
  const entries = fs.readdirSync(inRoot(PORTAL, 'src'), { recursive: true, withFileTypes: true });
  const sources = entries.filter((entry) => entry.isFile());
  const others = ['index.html', 'package.json', 'tsconfig.json', 'vite.config.ts'];
  return [
    ...sources.map((entry) => path.join(entry.parentPath, entry.name)),
    ...others.map((name) => inRoot(PORTAL, name)),
  ];
}

/** Changes when a file appears, goes or is edited; also when an older version of it comes back. */
function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of [...files, inRoot('package-lock.json')].sort()) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/** What is built, each with a stamp beside its results that says of which sources. */
const PARTS = [
  {
    folder: '',
    files: () => [...sourceFiles(), inRoot('tsconfig.json'), inRoot('tools/build-server.mjs')],
    make(outDir) {
      run(process.execPath, [inRoot('tools/build-server.mjs'), outDir]);
      copyOtherFiles(outDir);
    },
  },
  {
    folder: PORTAL,
    files: portalFiles,
    make(outDir) {
      const vite = createRequire(inRoot(PORTAL, 'package.json')).resolve('vite/package.json');
      const command = path.join(vite, '../bin/vite.js');
      const args = ['build', PORTAL, '--outDir', outDir, '--logLevel', 'warn'];
      // A test run sets this for itself, and the page would be built for development.
      run(process.execPath, [command, ...args], { NODE_ENV: 'production' });
    },
  },
];

const stampIn = (directory) => path.join(directory, '.sources');

function isBuilt({ folder, files }) {
  const stamp = stampIn(path.join(dist, folder));
  return fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === fingerprint(files());
}

const needsBuild = () => !PARTS.every(isBuilt);

/** Builds beside `dist` and swaps, so a process that starts meanwhile never loads half a build. */
function build() {
  removeLeftovers();
  const next = inRoot(`dist-${process.pid}`);
  const previous = `${next}-previous`;
  try {
    for (const part of PARTS) buildPart(part, path.join(next, part.folder));
    if (fs.existsSync(dist)) fs.renameSync(dist, previous);
    fs.renameSync(next, dist);
  } finally {
    removeLeftovers();
  }
}

/** A part whose sources are those of the last build is taken over from it. */
function buildPart(part, outDir) {
  // Taken before: an edit made meanwhile must count as newer than this build.
  const built = fingerprint(part.files());
  if (part.folder !== '' && isBuilt(part)) {
    fs.cpSync(path.join(dist, part.folder), outDir, { recursive: true });
  } else {
    part.make(outDir);
    fs.writeFileSync(stampIn(outDir), built);
  }
}

function copyOtherFiles(outDir) {
  for (const file of sourceFiles().filter((name) => !name.endsWith('.ts'))) {
    const target = path.join(outDir, path.relative(inRoot('src'), file));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.copyFileSync(file, target);
  }
  const main = path.join(outDir, 'cli/main.js');
  if (fs.existsSync(main)) fs.chmodSync(main, 0o755);
}

function removeLeftovers() {
  for (const name of fs.readdirSync(root).filter((name) => /^dist-\d+(-previous)?$/.test(name))) {
    fs.rmSync(inRoot(name), { recursive: true, force: true });
  }
}

function run(command, args, env = {}) {
  console.error(`parley setup: ${path.basename(command)} ${args.map((arg) => path.basename(arg)).join(' ')}`);
  // stdout belongs to the program that starts next, so the output of these goes to stderr.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${path.basename(command)} ended with status ${status}`);
}

function main(part) {
  if (part !== undefined && part !== 'install' && part !== 'build') throw new Error(`no such part: ${part}`);
  const steps = [
    { part: 'install', isNeeded: needsInstall, make: install },
    { part: 'build', isNeeded: needsBuild, make: build },
  ].filter((step) => part === undefined || step.part === part);
  if (!steps.some((step) => step.isNeeded())) return;
  withLock(inRoot('.cache/setup.lock'), () => {
    // Asked again: whoever held the lock before may have done the work.
    for (const step of steps) if (step.isNeeded()) step.make();
  });
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(`parley setup: ${error.message}`);
  process.exitCode = 1;
}
