import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { leashedDirectory } from '../../../test/helpers/leash.ts';
import { readGithubKeys } from './github-report.ts';

const folder = leashedDirectory('parley-github-');
afterAll(() => folder.remove());

async function fileWith(content: unknown): Promise<string> {
  const file = path.join(folder.path, 'keys.json');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function publicKey(namedCurve: string) {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve });
  const pem = key.export({ type: 'spki', format: 'pem' });
  return { key_identifier: namedCurve, key: pem, is_current: true };
}

it('reads GitHub’s answer, with keys that are no longer current', async () => {
  const retired = { ...publicKey('P-256'), key_identifier: 'old', is_current: false };
  const keys = await readGithubKeys(await fileWith({ public_keys: [publicKey('P-256'), retired] }));
  expect([...keys.keys()]).toEqual(['P-256', 'old']);
});

it.each([
  ['no JSON', 'x', /JSON/],
  ['another shape', {}, /must be GitHub’s answer/],
  ['no key', { public_keys: [{ key_identifier: 'x', key: 'y' }] }, /./],
  ['a key on another curve', { public_keys: [publicKey('P-384')] }, /P-384 is not on the curve P-256/],
])('refuses a file with %s', async (_, content, message) => {
  await expect(readGithubKeys(await fileWith(content))).rejects.toThrow(message);
});
