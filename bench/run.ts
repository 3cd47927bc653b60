/**
 * Runs benches and writes what they print into `bench/README.md`, each with the machine and the commit: `npm run bench`
 * those that take minutes (at most half an hour altogether), `npm run bench:long`, `npm run bench:live` and
 * `npm run bench:portal` (with Chromium) the others, `npm run bench -- NAME…` the named ones.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

const BENCHES = {
  short: [
    'accuracy',
    'latency',
    'upload',
    'identity',
    'guard',
    'minting',
    'throughput',
    'burst',
    'many-jobs',
    'nodes',
  ],
  portal: ['portal'],
  long: ['many-keys', 'replication', 'revocation', 'environments', 'long-file', 'kills'],
  live: [
    'live/accuracy',
    'live/latency',
    'live/handshake',
    'live/streams',
    'live/idle-sockets',
    'live/hostile-sockets',
    'live/soak',
  ],
} as const;
const README = new URL('./README.md', import.meta.url);

const asked = process.argv.slice(2);
const names = (asked.length === 0 ? ['short'] : asked).flatMap(benchesOf);
for (const name of names) {
  const startedMs = performance.now();
  const results = run(name);
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  record(name, `${circumstances(tookSeconds)}\n\n${results}`);
}

/** The benches of a part, or the one of that name. */
function benchesOf(name: string): readonly string[] {
  const parts: Readonly<Record<string, readonly string[]>> = BENCHES;
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
  if (part) return part;
  if (!Object.values(parts).flat().includes(name)) throw new Error(`there is no bench ${name}`);
  return [name];
}

function run(name: string): string {
  console.log(`bench/${name}.ts …`);
  const { status, stdout } = spawnSync('npx', ['tsx', `bench/${name}.ts`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench/${name}.ts ended with code ${status}`);
  console.log(stdout);
  return stdout.trim();
}

function circumstances(tookSeconds: number): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return `${os.cpus().length} × ${cpu?.model}, ${memory} GB, Node ${process.version}; commit ${commit}; ${day}; took ${tookSeconds.toFixed(0)} s.`;
}

/** Puts results between the marks of a bench, in place of its earlier ones. */
function record(name: string, results: string): void {
  const text = readFileSync(README, 'utf8');
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [before, after] = [text.split(start)[0], text.split(end)[1]];
  if (before === undefined || after === undefined)
    throw new Error(`bench/README.md has no place for ${name}`);
  writeFileSync(README, `${before}${start}\n\n${results}\n\n${end}${after}`);
}
