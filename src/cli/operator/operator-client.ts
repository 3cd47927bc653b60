import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { secretIn } from '../client/secret.ts';
import { shown } from '../terminal/report.ts';

/** A server, and where to find what opens its operator's API. */
export interface OperatorTarget {
  readonly url: string;
  readonly tokenFile: string;
}

/** Why a call was not answered as asked, in a sentence for the person at the terminal. */
export class OperatorCallError extends Error {
  override readonly name = 'OperatorCallError';
}

/** What a command of the operator exits with. */
const EXIT = { done: 0, notDone: 2 } as const;

/** Runs a command of the operator; when the server does not answer as asked, says why. */
export async function orSayWhy(command: () => Promise<void>): Promise<void> {
  try {
    await command();
    process.exitCode = EXIT.done;
  } catch (error) {
    if (!(error instanceof OperatorCallError)) throw error;
    console.error(`parley: ${error.message}`);
    process.exitCode = EXIT.notDone;
  }
}

/** The token comes from a file: arguments and variables of a process are seen by others on the machine. */
export const withOperatorTarget = (command: Command): Command =>
  command
    .option('--url <url>', 'address of the server', 'http://127.0.0.1:8080')
    .option(
      '--token-file <file>',
      'file with the operator token: bootstrap.json, or the token alone',
      './data/bootstrap.json',
    );

interface OperatorRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly body?: object;
}

/**
 * Calls a path below `/v1/operator` and resolves to the JSON of the answer. Throws `OperatorCallError` with the
 * server's own `detail` where it gave one.
 */
export async function callOperator<T>(
  target: OperatorTarget,
  path: string,
  { method = 'GET', body }: OperatorRequest = {},
): Promise<T> {
  const token = await readToken(target.tokenFile);
  const response = await fetch(new URL(`/v1/operator${path}`, target.url), {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body && { 'content-type': 'application/json' }),
    },
    redirect: 'error',
    ...(body && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new OperatorCallError(`${target.url} cannot be reached: ${reasonOf(error)}`);
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new OperatorCallError(`${target.url} answered ${response.status}: ${said(answer)}`);
  return answer as T;
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new OperatorCallError(`the operator token cannot be read: ${error.message}`);
  });
  const token = secretIn(text, 'operator_token');
  if (token === undefined) throw new OperatorCallError(`${file} holds no operator token`);
  return token;
}

/** `fetch` hides what went wrong in the cause. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message);

/** The words are the server's, and a terminal obeys some characters. */
function said(answer: unknown): string {
  const { detail, error } = (answer ?? {}) as { detail?: unknown; error?: unknown };
  return shown([detail, error].find((one) => typeof one === 'string') ?? 'no reason given');
}
