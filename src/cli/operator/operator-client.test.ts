import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { callOperator, orSayWhy } from './operator-client.ts';

/** What a person sees on stderr when a server answers a call with 400 and this. */
async function seenOf(answer: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(400).end(answer)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const directory = await mkdtemp(join(tmpdir(), 'parley-operator-'));
  const printed = vi.spyOn(console, 'error').mockImplementation(() => {});
  const { exitCode } = process;
  onTestFinished(async () => {
    printed.mockRestore();
    process.exitCode = exitCode;
    server.close();
    await rm(directory, { recursive: true });
  });
  const tokenFile = join(directory, 'token');
  await writeFile(tokenFile, 'a-token');
  const { port } = server.address() as AddressInfo;
  await orSayWhy(() => callOperator({ url: `http://127.0.0.1:${port}`, tokenFile }, '/workspaces'));
  expect(process.exitCode).toBe(2);
  return printed.mock.calls.join('\n');
}

it('what a server gives as its reason commands no terminal', async () => {
  expect(await seenOf(JSON.stringify({ detail: 'no\u001b[2J\u202e' }))).toMatch(/answered 400: no�\[2J�$/);
});

it.each(['null', '5', '[]', '{}', 'nonsense', '{"detail":{}}'])(
  'no reason in %s is said to be none',
  async (answer) => {
    expect(await seenOf(answer)).toMatch(/answered 400: no reason given$/);
  },
);
