/**
 * Puts each weakness of `test/attack/mutations.ts` into a copy of the project, attacks it, and writes which case found
 * it to `docs/security-suite.md`. Takes a while, so it is run by hand: `npm run mutate`.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { casesFor } from '../src/doctor/cases/all.ts';
import { runCase } from '../src/doctor/run.ts';
import { prepare } from '../src/doctor/set-up.ts';
import { MUTATIONS, type Mutation } from '../test/attack/mutations.ts';
import { freePort } from '../test/helpers/free-port.ts';

const FOLDERS = ['src', 'test', 'tools', 'docs', 'portal'];
const FILES = ['package.json', 'package-lock.json', 'vitest.config.ts', 'tsconfig.json'];
const LINKED = ['node_modules', 'portal/node_modules', '.cache'];
const PAGE = 'docs/security-suite.md';
const START_LIMIT_MS = 60_000;
const ATTACKERS = 8;

function copyProject(): string {
  const copy = mkdtempSync(path.join(os.tmpdir(), 'parley-mutant-'));
  const filter = (source: string) => path.basename(source) !== 'node_modules';
  for (const name of [...FOLDERS, ...FILES]) cpSync(name, path.join(copy, name), { recursive: true, filter });
  for (const name of LINKED) symlinkSync(path.resolve(name), path.join(copy, name));
  return copy;
}

/** The name of what found the weakness; `undefined` when nothing did. */
async function findWeakness(copy: string, mutation: Mutation): Promise<string | undefined> {
  const file = path.join(copy, 'src', mutation.file);
  const original = readFileSync(file, 'utf8');
  if (original.split(mutation.find).length !== 2) {
    throw new Error(`${mutation.weakness}: its text does not occur once in ${mutation.file}`);
  }
  writeFileSync(
    file,
    original.replace(mutation.find, () => mutation.replace),
  );
  try {
    return mutation.suite ? runSuite(copy, mutation.suite) : await attack(copy);
  } finally {
    writeFileSync(file, original);
  }
}

function runSuite(copy: string, suite: string): string | undefined {
  const report = path.join(copy, 'report.json');
  rmSync(report, { force: true });
  const args = ['vitest', 'run', suite, '--bail=1', '--reporter=json', `--outputFile=${report}`];
  const { stderr } = spawnSync('npx', args, {
    cwd: copy,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { testResults } = readReport(report, stderr);
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  if (!tests.some(({ status }) => status === 'passed' || status === 'failed')) {
    throw new Error(`${suite} did not run: ${stderr.slice(-500)}`);
  }
  const found = tests.find(({ status }) => status === 'failed');
  return found && `\`${suite}\` › ${found.fullName}`;
}

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function readReport(file: string, complaint: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    throw new Error(`no report: ${complaint.slice(-500)}`);
  }
}

/** Starts the weakened server and attacks it until the first case that fails. */
async function attack(copy: string): Promise<string | undefined> {
  const dataDir = path.join(copy, 'data');
  rmSync(dataDir, { recursive: true, force: true });
  const port = await freePort();
  const server = spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'serve'], {
    cwd: copy,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PARLEY_PORT: String(port),
      PARLEY_DATA_DIR: dataDir,
      PARLEY_ENGINE: 'scripted',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await ready(server);
    return await firstFailure(new URL(`http://127.0.0.1:${port}`), path.join(dataDir, 'bootstrap.json'));
  } finally {
    server.kill('SIGKILL');
  }
}

async function ready(server: ChildProcess): Promise<void> {
  const timer = setTimeout(() => server.kill('SIGKILL'), START_LIMIT_MS);
  if (!server.stdout) throw new TypeError('the server has no output');
  for await (const line of createInterface({ input: server.stdout })) {
    if (!line.startsWith('parley: ready')) continue;
    clearTimeout(timer);
    server.stdout.resume();
    return;
  }
  throw new Error('the server did not start');
}

async function firstFailure(url: URL, bootstrap: string): Promise<string | undefined> {
  const { api_key, management_token, operator_token } = JSON.parse(readFileSync(bootstrap, 'utf8'));
  const credentials = { apiKey: api_key, managementToken: management_token, operatorToken: operator_token };
  const target = await prepare({ url, host: url.host }, credentials).catch((error: Error) => error.message);
  if (typeof target === 'string') return `the set-up: ${target}`;
  let found: string | undefined;
  const queue = casesFor(target.operations).values();
  const work = async () => {
    for (const one of queue) {
      if (found !== undefined) return;
      const { id, title, state } = await runCase(one, target);
      if (state === 'failed') found ??= `${id} ${title}`;
    }
  };
  await Promise.all(Array.from({ length: ATTACKERS }, work));
  return found;
}

const HEAD = `<!-- Generated by \`npm run mutate\`; do not edit. -->

# What the attack suite finds

A suite that has never failed proves nothing. Each line is a weakness that was put into a copy of our own code, and the
case that found it. Cases with a number run against any server (\`parley doctor\`); the others look inside the process or
need two of them.

| weakness | where | found by |
|---|---|---|
`;

const NOTHING = '**nothing**';

/** What found each weakness when it was last tried. */
function readFindings(): Map<string, string> {
  const page = existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '';
  const rows = [...page.matchAll(/^\| (.+?) \| `src\/.+?` \| (.+) \|$/gm)];
  return new Map(rows.map(([, weakness = '', found = '']) => [weakness, found]));
}

/** Rewrites the page; resolves to how many weaknesses nothing has found. */
function writeFindings(findings: ReadonlyMap<string, string>): number {
  const foundBy = ({ weakness }: Mutation) => findings.get(weakness) ?? NOTHING;
  const rows = MUTATIONS.map((one) => `| ${one.weakness} | \`src/${one.file}\` | ${foundBy(one)} |`);
  const missed = MUTATIONS.filter((one) => foundBy(one) === NOTHING).length;
  const share = `${MUTATIONS.length - missed} of ${MUTATIONS.length} were found.`;
  writeFileSync(PAGE, `${HEAD}${rows.join('\n')}\n\n${share}\n`);
  console.log(share);
  return missed;
}

/** All, or those whose description contains one of the arguments. */
const chosen = MUTATIONS.filter(
  ({ weakness }) => process.argv.length < 3 || process.argv.slice(2).some((text) => weakness.includes(text)),
);
const findings = readFindings();
const copy = copyProject();
for (const mutation of chosen) {
  // One that cannot be tried counts as one that nothing found.
  const found = await findWeakness(copy, mutation).catch((error: Error) => {
    console.error(`${mutation.weakness}: ${error.message}`);
    return undefined;
  });
  findings.set(mutation.weakness, (found ?? NOTHING).replaceAll('|', '\\|'));
  console.log(`${found === undefined ? 'MISSED' : 'found '} ${mutation.weakness}: ${found ?? ''}`);
}
rmSync(copy, { recursive: true, force: true });
process.exit(writeFindings(findings) === 0 ? 0 : 1);
