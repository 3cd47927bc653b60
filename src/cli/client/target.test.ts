import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { apiUrl, openTarget } from './target.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'parley-keys-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(text: string): string {
  const file = path.join(folder, 'key');
  writeFileSync(file, text);
  return file;
}

it.each([
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v2'],
  ['https://eu1.asr.api.example.org/', 'https://eu1.asr.api.example.org/v2'],
  ['https://example.org/v2', 'https://example.org/v2'],
  ['wss://eu.rt.example.org/v2/', 'https://eu.rt.example.org/v2'],
  ['ws://localhost:9000', 'http://localhost:9000/v2'],
  ['https://example.org/speech/', 'https://example.org/speech/v2'],
  ['https://example.org/tv2', 'https://example.org/tv2/v2'],
])('%s is the API at %s', (given, api) => {
  expect(apiUrl(given).href).toBe(api);
});

it.each(['localhost:8080', '127.0.0.1', 'file:///etc/passwd', ''])('"%s" is no address', (given) => {
  expect(() => apiUrl(given)).toThrow(/is not the address of a server/);
});

it.each(['https://key@a.example', 'https://a.example?jwt=ey.x.y', 'https://a.example#ply_x'])(
  'a secret in the address is refused and not repeated: %s',
  (given) => {
    expect(() => apiUrl(given)).toThrow('the address of a server is given without a key, a user or a query');
  },
);

it.each([
  ['alone', ' ply_abc\n'],
  ['in bootstrap.json', '{ "management_token": "plym_x", "api_key": "ply_abc" }'],
])('reads a key that is in its file %s', async (_, text) => {
  expect((await openTarget({ keyFile: fileWith(text) })).key).toBe('ply_abc');
});

it.each([
  ['nothing', ''],
  ['two words', 'secret words'],
  ['another secret', '{ "operator_token": "secret" }'],
  ['broken JSON', '{ "api_key": "secret"'],
])('a file with %s is refused without a word of it', async (_, text) => {
  const message = `${path.join(folder, 'key')} holds no key`;
  await expect(openTarget({ keyFile: fileWith(text) })).rejects.toMatchObject({ message, exitCode: 2 });
});

it('says when there is no such file', async () => {
  await expect(openTarget({ keyFile: path.join(folder, 'none') })).rejects.toThrow(
    /the key cannot be read: ENOENT/,
  );
});
