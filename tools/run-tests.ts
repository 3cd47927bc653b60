import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

interface TestRun {
  readonly passed: number;
  /** One sentence for each test that did not pass, and for each fault outside a test. */
  readonly failures: readonly string[];
}

/** The part of Vitest's JSON report that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Runs the named Vitest projects, with their output on this terminal, and counts. */
export function runTests(projects: readonly string[]): TestRun {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'parley-check-'));
  try {
    const outputFile = path.join(folder, 'report.json');
    const { status, signal } = spawnSync(
      'vitest',
      [
        'run',
        ...projects.map((project) => `--project=${project}`),
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${outputFile}`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const report = existsSync(outputFile)
      ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Report)
      : undefined;
    return judge(report, `Vitest ended with ${signal ?? `status ${status}`}`, status === 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(report: Report | undefined, ending: string, isSuccess: boolean): TestRun {
  if (report === undefined) return { passed: 0, failures: [`${ending} without a report`] };
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: path.relative('', file.name) })),
  );
  const passed = tests.filter((test) => test.status === 'passed').length;
  // A skipped test proves nothing, so it counts as a failure.
  const failures = tests
    .filter((test) => test.status !== 'passed')
    .map((test) => `${test.file}: ${test.fullName} (${test.status})`);
  for (const file of report.testResults) {
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status !== 'passed')) {
      failures.push(`${path.relative('', file.name)}: the file itself failed`);
    }
  }
  if (tests.length === 0) failures.push('no test ran');
  // For example an unhandled rejection between the tests.
  if (!isSuccess && failures.length === 0) failures.push(ending);
  return { passed, failures };
}
