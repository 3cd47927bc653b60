import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as forward } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { casesFor, PITFALLS } from '../../src/doctor/cases/all.ts';
import { operationsOf } from '../../src/doctor/operations.ts';
import { runCase } from '../../src/doctor/run.ts';
import { prepare } from '../../src/doctor/set-up.ts';
import type { Target } from '../../src/doctor/target.ts';
import { listJobs } from '../helpers/api.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const DESCRIPTION = readFileSync(new URL('../../docs/api/openapi.json', import.meta.url), 'utf8');
const CASES = casesFor(operationsOf(DESCRIPTION));

let server: RunningServer;
let target: Target;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
  const { api_key, management_token, operator_token } = server.bootstrap;
  const url = new URL(server.baseUrl);
  const credentials = { apiKey: api_key, managementToken: management_token, operatorToken: operator_token };
  target = await prepare({ url, host: url.host }, credentials);
});
afterAll(() => server?.stop());

describe('the cases', () => {
  it('are many, have ids of their own, and each pitfall has a name', () => {
    const ids = CASES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(300);
    expect(new Set(ids.map((id) => id.split('.')[0]))).toEqual(new Set(Object.keys(PITFALLS)));
    expect(CASES.filter(({ id }) => id.startsWith('T1.')).length).toBeGreaterThanOrEqual(40);
  });
});

describe.concurrent('attack and twin', () => {
  it.each(CASES.map((one) => [`${one.id} ${one.title}`, one] as const))('%s', async (_, one) => {
    const { state, reasons } = await runCase(one, target);
    expect({ state, reasons }).toEqual({ state: 'passed', reasons: [] });
  });
});

describe('all of them', () => {
  it('leave nothing behind, and no failure of the server', async () => {
    expect(await target.close()).toEqual([]);
    expect(await listJobs(server, server.bootstrap.api_key)).toEqual([]);
    expect(server.logs().filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});

interface Finished {
  readonly code: number;
  readonly output: string;
}

async function doctor(url: string, ...options: string[]): Promise<Finished> {
  const args = [MAIN, 'doctor', url, ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: server.dataDir });
  const [output, faults, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { code, output: output + faults };
}

const credentials = () => path.join(server.dataDir, 'bootstrap.json');

/** Passes everything on, except that whoever presents `key` is let in. */
async function brokenServer(isBroken: (authorization: string) => boolean): Promise<string> {
  const proxy = createServer((request, response) => {
    const { authorization = '' } = request.headers;
    const headers = { ...request.headers };
    if (isBroken(authorization)) headers.authorization = `Bearer ${server.bootstrap.api_key}`;
    const { url, method } = request;
    const options = { method, headers, setHost: false };
    const onward = forward(new URL(url ?? '/', server.baseUrl), options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.on('error', () => onward.destroy());
    request.pipe(onward);
  });
  proxy.on('upgrade', ({ method, url, headers, rawHeaders }, near, head) => {
    const far = connect(Number(new URL(server.baseUrl).port), '127.0.0.1');
    const lines = rawHeaders.map((text, index) => {
      if (index % 2 === 0) return `${text}: `;
      const isLetIn = text === headers.authorization && isBroken(text);
      return `${isLetIn ? `Bearer ${server.bootstrap.api_key}` : text}\r\n`;
    });
    far.write(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1');
    far.write(head);
    for (const [one, other] of [[near, far] as const, [far, near] as const]) {
      one.pipe(other);
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => void proxy.close());
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

describe('parley doctor', () => {
  it('exits 0 for this server, with a count per pitfall and for all', async () => {
    const { code, output } = await doctor(
      server.baseUrl,
      '--credentials',
      credentials(),
      '--all',
      '--only',
      'T1,T17,T32,T40',
    );
    expect(output).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/m);
    expect(output).toMatch(/^T1 {3}forged tokens: \d+ passed$/m);
    expect(output).not.toMatch(/^(failed|left behind|left out)/m);
    expect(code).toBe(0);
  });

  it('exits 1 for a server that takes tokens without signature, and says which; no key is printed', async () => {
    const url = await brokenServer((authorization) => authorization.endsWith('.'));
    const { code, output } = await doctor(url, '--credentials', credentials(), '--json', '--only', 'T1');
    const { outcomes } = JSON.parse(output) as { outcomes: { id: string; title: string; state: string }[] };
    const failed = outcomes.filter(({ state }) => state === 'failed').map(({ title }) => title);
    expect(failed).toContain('forged token: alg "none" without signature');
    expect(failed).toContain('no session with a forged token: alg "none" without signature');
    expect(failed).not.toContain('forged token: alg "none" with the signature');
    expect(failed).not.toContain('no session with a forged token: alg "none" with the signature');
    for (const secret of [server.bootstrap.api_key, server.bootstrap.management_token, 'eyJ'])
      expect(output).not.toContain(secret);
    expect(code).toBe(1);
  });

  it('leaves out, and says so, what needs a credential that is not there', async () => {
    const file = path.join(server.dataDir, 'key-alone.json');
    writeFileSync(file, JSON.stringify({ api_key: server.bootstrap.api_key }));
    const { code, output } = await doctor(server.baseUrl, '--credentials', file, '--only', 'T9,T11');
    expect(output).toMatch(/^left out \d+: needs a management token$/m);
    expect(output).toMatch(/^left out \d+: needs an operator token$/m);
    expect(output).toMatch(/^left out \d+: needs the key of another project$/m);
    expect(code).toBe(0);
  });

  it('exits 2 where it cannot run', async () => {
    expect(await doctor(server.baseUrl)).toMatchObject({
      code: 2,
      output: expect.stringMatching(/no API key/),
    });
    const closed = await doctor('http://127.0.0.1:1', '--credentials', credentials());
    expect(closed).toMatchObject({ code: 2, output: expect.stringMatching(/cannot be reached/) });
    expect(await doctor('nowhere', '--credentials', credentials())).toMatchObject({ code: 2 });
  });
});
