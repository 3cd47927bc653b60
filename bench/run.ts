/** Runs every bench and rewrites `bench/README.md` with what they print, the machine and the commit. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';

const BENCHES = ['accuracy', 'latency', 'upload', 'identity', 'guard', 'minting', 'revocation'];
const MARK = '<!-- results -->';
const README = new URL('./README.md', import.meta.url);

const outputs = BENCHES.map((name) => {
  console.log(`bench/${name}.ts …`);
  const { status, stdout } = spawnSync('npx', ['tsx', `bench/${name}.ts`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench/${name}.ts ended with code ${status}`);
  console.log(stdout);
  return stdout.trim();
});

const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const [cpu] = os.cpus();
const machine = `${os.cpus().length} × ${cpu?.model}, ${Math.round(os.totalmem() / 2 ** 30)} GB, Node ${process.version}`;
const head = readFileSync(README, 'utf8').split(MARK)[0];
const day = new Date().toISOString().slice(0, 10);
writeFileSync(README, `${head}${MARK}\n\n${machine}; commit ${commit}; ${day}.\n\n${outputs.join('\n\n')}\n`);
