import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadClientConfig } from '../../config/client.ts';
import { shown } from '../terminal/report.ts';
import { notRun } from './client-error.ts';
import { secretIn } from './secret.ts';

/** The API of a server, and the credential that opens it. */
export interface Target {
  /** Ends in `/v2`. */
  readonly url: URL;
  /** Absent where a server asks for none. */
  readonly key?: string;
}

export interface TargetOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/** The key is never an argument: those of a process are seen by others on the machine. */
export const withTarget = (command: Command): Command =>
  command
    .option('--url <url>', 'address of the server (default: PARLEY_URL, or http://127.0.0.1:8080)')
    .option(
      '--key-file <file>',
      'file with the API key or temporary key: the key alone, or bootstrap.json (default: PARLEY_API_KEY)',
    );

/** Throws `ClientError`. */
export async function openTarget({ url, keyFile }: TargetOptions): Promise<Target> {
  const config = loadClientConfig();
  const key = await readKey(keyFile, config.apiKey);
  return { url: apiUrl(url ?? config.url), ...(key !== undefined && { key }) };
}

/** One address serves both APIs: `ws` is `http`, and `/v2` may be there or not. */
export function apiUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(http|ws)s?:$/.test(url.protocol)) {
    throw notRun(`"${shown(text)}" is not the address of a server: it looks like http://127.0.0.1:8080`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw notRun('the address of a server is given without a key, a user or a query');
  }
  url.protocol = url.protocol.replace('ws', 'http');
  url.pathname = url.pathname.replace(/(\/v2)?\/?$/, '/v2');
  return url;
}

async function readKey(file: string | undefined, variable: string | undefined): Promise<string | undefined> {
  const text = file === undefined ? variable : await readText(file);
  if (text === undefined) return undefined;
  const key = secretIn(text, 'api_key');
  if (key === undefined) throw notRun(`${file ?? 'PARLEY_API_KEY'} holds no key`);
  return key;
}

const readText = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: Error) => {
    throw notRun(`the key cannot be read: ${error.message}`);
  });
