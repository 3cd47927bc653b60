import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import type { Case } from '../doctor/case.ts';
import { casesFor, PITFALLS } from '../doctor/cases/all.ts';
import { type Outcome, runCases } from '../doctor/run.ts';
import { prepare, SetUpError } from '../doctor/set-up.ts';
import type { Credentials } from '../doctor/target.ts';

/** What `parley doctor` exits with. */
const EXIT = { passed: 0, failed: 1, notRun: 2 } as const;

const DEFAULT_CREDENTIALS = './data/bootstrap.json';

interface Options {
  readonly credentials?: string;
  readonly apiKeyFile?: string;
  readonly managementTokenFile?: string;
  readonly operatorTokenFile?: string;
  readonly host?: string;
  readonly all?: boolean;
  readonly only?: readonly string[];
  readonly json?: boolean;
}

/** A secret is never an argument: those of a process are seen by others on the machine. */
export const doctorCommand = (): Command =>
  new Command('doctor')
    .argument('<url>', 'address of the server')
    .option(
      '--credentials <file>',
      `JSON with api_key and, if any, management_token, operator_token and other_project_key (default: ${DEFAULT_CREDENTIALS} when no file is named)`,
    )
    .option('--api-key-file <file>', 'file with the API key alone')
    .option('--management-token-file <file>', 'file with the management token alone')
    .option('--operator-token-file <file>', 'file with the operator token alone')
    .option('--host <name>', 'host name to ask for, when the address is another')
    .option('--all', 'also cases that flood the server, and that revoke a key made for it')
    .option('--only <pitfalls>', 'only these, for example T1,T40', (text: string) => text.split(','))
    .option('--json', 'print the outcome of every case as JSON')
    .action(async (url: string, options: Options) => {
      process.exitCode = await doctor(url, options);
    });

async function doctor(url: string, options: Options): Promise<number> {
  try {
    return await examine(url, options);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`parley: ${error.message}`);
    return EXIT.notRun;
  }
}

async function examine(url: string, options: Options): Promise<number> {
  const address = parseUrl(url);
  const isWanted = wanted(options);
  const target = await prepare(
    { url: address, host: options.host ?? address.host },
    await readCredentials(options),
  );
  const cases = casesFor(target.operations).filter(isWanted);
  const outcomes = await runCases(cases, target);
  const leftBehind = await target.close();
  if (options.json) console.log(JSON.stringify({ outcomes, left_behind: leftBehind }, null, 2));
  else report(outcomes, leftBehind);
  return outcomes.some(({ state }) => state === 'failed') ? EXIT.failed : EXIT.passed;
}

function wanted({ only, all = false }: Options): (one: Case) => boolean {
  const unknown = only?.find((pitfall) => PITFALLS[pitfall] === undefined);
  if (unknown !== undefined) throw new SetUpError(`there are no cases of ${unknown}`);
  return ({ id, isSafe }) => (isSafe || all) && (only?.includes(id.split('.')[0] ?? '') ?? true);
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new SetUpError(`${text} is not the address of a server`);
  return url;
}

async function readCredentials(options: Options): Promise<Credentials> {
  const { credentials, apiKeyFile, managementTokenFile, operatorTokenFile } = options;
  const isNamed = credentials ?? apiKeyFile ?? managementTokenFile ?? operatorTokenFile;
  const file =
    credentials ??
    (isNamed === undefined && existsSync(DEFAULT_CREDENTIALS) ? DEFAULT_CREDENTIALS : undefined);
  const fields = file === undefined ? {} : await readFields(file);
  const apiKey = (await readSecret(apiKeyFile)) ?? fields.api_key;
  const managementToken = (await readSecret(managementTokenFile)) ?? fields.management_token;
  const operatorToken = (await readSecret(operatorTokenFile)) ?? fields.operator_token;
  const otherProjectKey = fields.other_project_key;
  if (apiKey === undefined)
    throw new SetUpError('no API key: name a file with --credentials or --api-key-file');
  return {
    apiKey,
    ...(managementToken !== undefined && { managementToken }),
    ...(operatorToken !== undefined && { operatorToken }),
    ...(otherProjectKey !== undefined && { otherProjectKey }),
  };
}

type Fields = Partial<
  Record<'api_key' | 'management_token' | 'operator_token' | 'other_project_key', string>
>;

async function readFields(file: string): Promise<Fields> {
  const text = await readText(file);
  try {
    return JSON.parse(text) as Fields;
  } catch {
    throw new SetUpError(`${file} is not JSON`);
  }
}

async function readSecret(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const secret = (await readText(file)).trim();
  if (!/^[\x21-\x7e]+$/.test(secret)) throw new SetUpError(`${file} holds no secret`);
  return secret;
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: Error) => {
    throw new SetUpError(`the file cannot be read: ${error.message}`);
  });

function report(outcomes: readonly Outcome[], leftBehind: readonly string[]): void {
  for (const { id, title, reasons } of outcomes.filter(({ state }) => state === 'failed')) {
    console.log(`failed ${id}  ${title}\n${reasons.map((reason) => `  ${reason}\n`).join('')}`.trimEnd());
  }
  for (const [pitfall, name] of Object.entries(PITFALLS)) {
    const counts = count(outcomes.filter(({ id }) => id.startsWith(`${pitfall}.`)));
    if (counts !== '') console.log(`${pitfall.padEnd(4)} ${name}: ${counts}`);
  }
  const reasons = outcomes.filter(({ state }) => state === 'skipped').flatMap((outcome) => outcome.reasons);
  for (const reason of new Set(reasons)) {
    console.log(`left out ${reasons.filter((one) => one === reason).length}: ${reason}`);
  }
  for (const sentence of leftBehind) console.log(`left behind: ${sentence}`);
  console.log(count(outcomes, { withZeros: true }));
}

/** For example `12 passed, 1 failed`. */
function count(outcomes: readonly Outcome[], { withZeros = false } = {}): string {
  const states = ['passed', 'failed', 'skipped'] as const;
  return states
    .map((state) => [outcomes.filter((outcome) => outcome.state === state).length, state] as const)
    .filter(([number]) => withZeros || number > 0)
    .map(([number, state]) => `${number} ${state}`)
    .join(', ');
}
