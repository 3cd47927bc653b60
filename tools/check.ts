// The whole check, as `npm test` and CI run it. Goes on after a failing step and ends with `N passed, N failed`.
import { execFile } from 'node:child_process';
import { runTests } from './run-tests.ts';
import { TIER_TWO } from './tier-two.ts';

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const FIRST_TIER_PROJECTS = ['unit', 'conformance', 'chaos', 'attack', 'paced'];

/** Each prints nothing of interest when it succeeds, so its output is shown only when it fails. */
const STEPS: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: 'format and lint', command: 'biome', args: ['check', '--error-on-warnings', '--colors=off'] },
  { name: 'types', command: 'tsc', args: ['--pretty', 'false'] },
  { name: 'types of pages', command: 'tsc', args: ['-p', 'test/browser/pages', '--pretty', 'false'] },
  { name: 'types of the portal', command: 'tsc', args: ['-p', 'portal', '--pretty', 'false'] },
  { name: 'unused code', command: 'knip', args: ['--no-progress'] },
  { name: 'generated docs', command: 'tsx', args: ['tools/check-docs.ts'] },
  { name: 'lock file', command: process.execPath, args: ['tools/complete-lock.mjs', '--check'] },
  { name: 'links', command: 'tsx', args: ['tools/check-links.ts'] },
  { name: 'build', command: process.execPath, args: ['tools/setup.mjs', 'build'] },
];

/** Of the steps before the tests. */
const AT_ONCE = 2;

async function main(argv: readonly string[]): Promise<void> {
  const mustRunAll = argv.includes('--all');
  if (argv.some((arg) => arg !== '--all')) throw new TypeError('usage: npm test -- [--all]');
  const failures: string[] = [];
  const waiting = STEPS.values();
  const counts: Count[] = [];
  const runInTurn = async () => {
    for (const step of waiting) counts.push(await runStep(step, failures));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runInTurn));
  counts.push(
    failures.includes('build') ? runSuites(['unit'], failures) : runSuites(allProjects(), failures),
  );
  if (mustRunAll) counts.push(refuseMissing(failures));
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  for (const failure of failures) console.log(`failed: ${failure}`);
  for (const suite of missingSuites()) {
    console.log(`left out: ${suite.name} tests, no ${suite.part} here; \`${suite.apt}\` enables them`);
  }
  process.exitCode = failed > 0 ? 1 : 0;
  console.log(`${passed} passed, ${failed} failed`);
}

async function runStep({ name, command, args }: (typeof STEPS)[number], failures: string[]): Promise<Count> {
  const startedAt = performance.now();
  const fault = await new Promise<string | undefined>((resolve) => {
    const done = (error: Error | null, stdout: string, stderr: string) =>
      resolve(error ? `${stdout}${stderr}` || error.message : undefined);
    execFile(command, [...args], { maxBuffer: 64 * 1024 * 1024 }, done).stdin?.end();
  });
  report(name, fault === undefined, startedAt);
  if (fault === undefined) return { passed: 1, failed: 0 };
  console.log(fault.trimEnd());
  failures.push(name);
  return { passed: 0, failed: 1 };
}

function runSuites(projects: readonly string[], failures: string[]): Count {
  const startedAt = performance.now();
  const result = runTests(projects);
  report('tests', result.failures.length === 0, startedAt);
  failures.push(...result.failures);
  return { passed: result.passed, failed: result.failures.length };
}

/** Those that can run here. All but `unit` start the build. */
function allProjects(): string[] {
  const present = TIER_TWO.filter((suite) => !missingSuites().includes(suite));
  return [...FIRST_TIER_PROJECTS, ...present.flatMap((suite) => suite.projects)];
}

function refuseMissing(failures: string[]): Count {
  const missing = missingSuites();
  failures.push(...missing.map((suite) => `${suite.name} tests were left out`));
  return { passed: 0, failed: missing.length };
}

function missingSuites() {
  return TIER_TWO.filter((suite) => suite.find() === undefined);
}

function report(name: string, isOk: boolean, startedAt: number): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)`);
}

await main(process.argv.slice(2));
