import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { download } from './download.ts';

const FILE = randomBytes(300_000);
const SHA256 = createHash('sha256').update(FILE).digest('hex');

let directory = '';
let server: Server | undefined;
/** The first byte each request asked for. */
let starts: number[] = [];
/** Connections are cut when the client has so many bytes. */
let dropAt = 0;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'parley-download-'));
  starts = [];
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

type Answer = (response: ServerResponse, start: number, request: IncomingMessage) => void;

/** Serves with the n-th answer the n-th request, and with the last one all further ones. */
async function serve(...answers: readonly Answer[]): Promise<string> {
  server = createServer((request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const answer = answers[Math.min(starts.length, answers.length - 1)];
    starts.push(start);
    answer?.(response, start, request);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`;
}

function head(response: ServerResponse, start: number): void {
  const range = `bytes ${start}-${FILE.length - 1}/${FILE.length}`;
  const length = { 'content-length': FILE.length - start };
  if (start > 0) response.writeHead(206, { ...length, 'content-range': range });
  else response.writeHead(200, length);
}

const whole: Answer = (response, start) => {
  head(response, start);
  response.end(FILE.subarray(start));
};

/** Sends some bytes and hangs up when they have arrived. */
const dropAfter =
  (bytes: number): Answer =>
  (response, start) => {
    head(response, start);
    response.write(FILE.subarray(start, start + bytes));
    dropAt = start + bytes;
  };

const refuse =
  (status: number): Answer =>
  (response) => {
    response.writeHead(status).end();
  };

const get = (url: string, change: { sha256?: string; sizeBytes?: number } = {}) => {
  const shown: number[] = [];
  const part = { url, sizeBytes: FILE.length, sha256: SHA256, files: ['model.onnx'], ...change };
  const onProgress = (done: number) => {
    shown.push(done);
    if (done === dropAt && starts.at(-1) !== done) server?.closeAllConnections();
  };
  const options = { directory, onProgress, retryDelayMs: 1 };
  return { shown, path: download(part, options) };
};

describe('download', () => {
  it('brings the file and tells how far it is', async () => {
    const { path: file, shown } = get(await serve(whole));
    expect(FILE.equals(readFileSync(await file))).toBe(true);
    expect(shown.at(-1)).toBe(FILE.length);
    expect(shown).toEqual(shown.toSorted((one, other) => one - other));
  });

  it('goes on where the connection was lost', async () => {
    const { path: file } = get(await serve(dropAfter(100_000), dropAfter(100_000), whole));
    expect(FILE.equals(readFileSync(await file))).toBe(true);
    expect(starts).toEqual([0, 100_000, 200_000]);
  });

  it('goes on where an earlier run was lost', async () => {
    const url = await serve(dropAfter(100_000), refuse(404), whole);
    await expect(get(url).path).rejects.toThrow('it answered 404');
    expect(FILE.equals(readFileSync(await get(url).path))).toBe(true);
    expect(starts).toEqual([0, 100_000, 100_000]);
  });

  it('starts again when the server knows no ranges', async () => {
    const { path: file } = get(
      await serve(dropAfter(100_000), (response) => whole(response, 0, {} as never)),
    );
    expect(FILE.equals(readFileSync(await file))).toBe(true);
  });

  it('gives up when nothing comes, and keeps what came', async () => {
    const { path: file } = get(await serve(dropAfter(100_000), refuse(503)));
    await expect(file).rejects.toThrow('it answered 503');
    expect(starts).toHaveLength(5);
    const [left = ''] = readdirSync(directory);
    expect(statSync(path.join(directory, left)).size).toBe(100_000);
  });

  it('deletes what is not the file', async () => {
    const { path: file } = get(await serve(whole), { sha256: '0'.repeat(64) });
    await expect(file).rejects.toThrow('not the file its checksum describes');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('takes no more than was announced', async () => {
    const endless: Answer = (response) => {
      response.writeHead(200);
      const write = () => response.write(FILE, () => setImmediate(write));
      write();
    };
    const { path: file } = get(await serve(endless), { sizeBytes: 400_000 });
    await expect(file).rejects.toThrow('longer than the 400000 bytes announced');
    const [left = ''] = readdirSync(directory);
    expect(statSync(path.join(directory, left)).size).toBeLessThanOrEqual(400_000);
  });
});
