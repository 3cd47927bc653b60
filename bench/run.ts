/**
 * Runs the benches and writes what they print into `bench/README.md`, with the machine and the commit: `npm run bench`
 * those that take minutes (at most half an hour altogether), `npm run bench:long`, `npm run bench:live` and
 * `npm run bench:portal` (with Chromium) the others.
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
  ],
  portal: ['portal'],
  long: ['revocation', 'long-file', 'kills'],
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

const asked = process.argv[2] ?? 'short';
if (!isPart(asked)) throw new Error(`there is no part ${asked}`);
const which = asked;
const outputs = BENCHES[which].map(run);
const readme = readFileSync(README, 'utf8');
writeFileSync(README, replaced(readme, which, [circumstances(), ...outputs].join('\n\n')));

function isPart(name: string): name is keyof typeof BENCHES {
  return Object.hasOwn(BENCHES, name);
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

function circumstances(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const [cpu] = os.cpus();
  const memory = Math.round(os.totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return `${os.cpus().length} × ${cpu?.model}, ${memory} GB, Node ${process.version}; commit ${commit}; ${day}.`;
}

/** The text between the marks of a part, which stands for its earlier results. */
function replaced(text: string, part: string, results: string): string {
  const [start, end] = [`<!-- ${part} -->`, `<!-- end of ${part} -->`];
  const before = text.split(start)[0] ?? '';
  const after = text.split(end)[1] ?? '';
  return `${before}${start}\n\n${results}\n\n${end}${after}`;
}
