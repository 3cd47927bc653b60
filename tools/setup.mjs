// Makes a clone runnable: npm packages, then `dist/`. Plain JavaScript without dependencies, because it
// runs before anything is installed. `install` or `build` as argument does only that half.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const inRoot = (...parts) => path.join(root, ...parts);
const installed = inRoot('node_modules/.package-lock.json');
const dist = inRoot('dist');
const stamp = inRoot('dist/.sources');
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

/** Changes when a file appears, goes or is edited; also when an older version of it comes back. */
function fingerprint() {
  const hash = createHash('sha256');
  const others = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => inRoot(name));
  for (const file of [...sourceFiles(), ...others].sort()) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function needsBuild() {
  return !fs.existsSync(stamp) || fs.readFileSync(stamp, 'utf8') !== fingerprint();
}

/** Builds beside `dist` and swaps, so a process that starts meanwhile never loads half a build. */
function build() {
  removeLeftovers();
  const next = inRoot(`dist-${process.pid}`);
  const previous = `${next}-previous`;
  try {
    // Taken before compiling: an edit made meanwhile must count as newer than this build.
    const built = fingerprint();
    run(process.execPath, [
      inRoot('node_modules/typescript/bin/tsc'),
      '-p',
      'tsconfig.build.json',
      '--outDir',
      next,
    ]);
    copyOtherFiles(next);
    fs.writeFileSync(path.join(next, '.sources'), built);
    if (fs.existsSync(dist)) fs.renameSync(dist, previous);
    fs.renameSync(next, dist);
  } finally {
    removeLeftovers();
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

function run(command, args) {
  console.error(`parley setup: ${path.basename(command)} ${args.map((arg) => path.basename(arg)).join(' ')}`);
  // stdout belongs to the program that starts next, so the output of these goes to stderr.
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
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
