import { execFile } from 'node:child_process';
import { copyFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Locator, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { SHORT_CLIP } from '../../helpers/api.ts';
import { leashedDirectory } from '../../helpers/leash.ts';

/** What is common to the pages that show secrets and code. */

/** Text that would run where it is taken for markup. */
export const XSS = '"><img src=x onerror=alert(1)><script>alert(1)</script>';

/** Every place of a page in which a value might be left. (This Chromium lists no entries of a spread storage.) */
export async function placesOf(page: Page): Promise<string> {
  const rest = await page.evaluate(`JSON.stringify([
    [...document.querySelectorAll('input, textarea, select')].map((one) => one.value),
    ...[localStorage, sessionStorage].map((storage) =>
      Array.from(storage, (_, at) => [storage.key(at), storage.getItem(storage.key(at))])),
    location.href, history.state,
  ])`);
  return [await page.content(), rest].join('\n');
}

/** The code that a block shows in a language. */
export async function codeIn(block: Page | Locator, language: string): Promise<string> {
  await block.getByRole('tab', { name: language }).click();
  return (await block.getByRole('tabpanel', { name: language }).locator('pre').textContent()) ?? '';
}

const run = promisify(execFile);
const LIMIT_MS = 60_000;

/** Runs code as somebody who pastes it, beside a `recording.wav`, and returns what it prints. */
export async function runCode(
  language: 'curl' | 'JavaScript',
  code: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const directory = leashedDirectory('parley-sample-');
  onTestFinished(() => directory.remove());
  const file = path.join(directory.path, language === 'curl' ? 'sample.sh' : 'sample.mjs');
  const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url));
  const speech = fileURLToPath(new URL(`../../fixtures/speech/${SHORT_CLIP}`, import.meta.url));
  await Promise.all([
    writeFile(file, code),
    symlink(packages, path.join(directory.path, 'node_modules')),
    copyFile(speech, path.join(directory.path, 'recording.wav')),
  ]);
  const program = language === 'curl' ? '/bin/sh' : process.execPath;
  const { stdout } = await run(program, [file], {
    cwd: directory.path,
    timeout: LIMIT_MS,
    env: { PATH: process.env.PATH, ...env },
  });
  return stdout;
}
