import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, it } from 'vitest';
import { openUpload, type Upload } from './upload.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-upload-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(bytes: Uint8Array | string, name = 'a.wav'): string {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return file;
}

/** What a server makes of it. */
async function received({ headers, content }: Upload): Promise<FormData> {
  return new Response(await buffer(content(() => {})), { headers }).formData();
}

it('is a form with the config and every byte of the file', async () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, index) => index % 251);
  const form = await received(await openUpload(fileOf(bytes), { type: 'transcription' }));
  expect([...form.keys()]).toEqual(['config', 'data_file']);
  expect(form.get('config')).toBe('{"type":"transcription"}');
  const file = form.get('data_file') as File;
  expect(file.name).toBe('a.wav');
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
});

it('says beforehand how long it is, and tells how far it is', async () => {
  const upload = await openUpload(fileOf('0123456789'), {});
  const told: number[] = [];
  const { length } = await buffer(upload.content((sentBytes) => told.push(sentBytes)));
  expect(upload.headers['content-length']).toBe(String(length));
  expect(upload.sizeBytes).toBe(length);
  expect(told).toHaveLength(3);
  expect(told.at(-1)).toBe(length);
});

it('keeps a name from ending its part', async () => {
  const form = await openUpload(fileOf('x', 'Gr\u00fc\u00dfe "a"\r\nX: y.wav'), {});
  const text = String(await buffer(form.content(() => {})));
  expect(text).toContain('filename="Gr\u00fc\u00dfe %22a%22%0D%0AX: y.wav"\r\n');
});

it('is no longer than it was said to be when the file grows', async () => {
  const file = fileOf('0123456789');
  const upload = await openUpload(file, {});
  appendFileSync(file, 'more');
  expect(String(await buffer(Readable.from(upload.content(() => {}))))).not.toContain('more');
});

it.each([
  ['no file', () => path.join(folder, 'none'), /the recording cannot be read: ENOENT/],
  ['a folder', () => folder, /is no file/],
  ['nothing', () => fileOf(''), /is empty/],
])('refuses %s', async (_, file, reason) => {
  await expect(openUpload(file(), {})).rejects.toThrow(reason);
});
