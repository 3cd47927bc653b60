import { statSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPepper, loadPepper } from './pepper.ts';

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-pepper-'));
  path = join(directory, 'pepper');
});
afterEach(() => rm(directory, { recursive: true }));

describe('loadPepper', () => {
  it('makes a file only its owner can read, and reads the same pepper again', async () => {
    const first = await loadPepper(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await loadPepper(path)).digest('secret')).toEqual(first.digest('secret'));
  });

  it('makes one pepper for all who come for the first time at once, and leaves nothing else', async () => {
    const peppers = await Promise.all(Array.from({ length: 20 }, () => loadPepper(path)));
    const digests = peppers.map((pepper) => pepper.digest('secret').toString('hex'));
    expect(new Set(digests).size).toBe(1);
    expect(await readdir(directory)).toEqual(['pepper']);
  });

  it('makes a file that nobody sees before it is whole', async () => {
    const sizes = new Set<number | undefined>();
    let isMade = false;
    const making = loadPepper(path).finally(() => {
      isMade = true;
    });
    while (!isMade) {
      sizes.add(statSync(path, { throwIfNoEntry: false })?.size);
      await nextTurn();
    }
    await making;
    expect([...sizes]).toEqual([undefined, 65]);
  });

  it('takes the first line as current and the others as retired', async () => {
    const old = await loadPepper(path);
    const line = await readFile(path, 'utf8');
    await writeFile(path, `${'ab'.repeat(32)}\n${line}`);
    const rotated = await loadPepper(path);
    expect(rotated.digest('secret')).not.toEqual(old.digest('secret'));
    expect(rotated.digests('secret')[1]).toEqual(old.digest('secret'));
    expect(rotated.sealer('tests').unseal(old.sealer('tests').seal(Buffer.from('key')))).toEqual(
      Buffer.from('key'),
    );
  });

  it.each(['', 'short\n', `${'ab'.repeat(32)}\nnot hexadecimal\n`])(
    'refuses a file that holds %j',
    async (content) => {
      await writeFile(path, content);
      await expect(loadPepper(path)).rejects.toThrow('64 hexadecimal digits');
    },
  );
});

describe('a signer', () => {
  const signer = createPepper([Buffer.alloc(32, 1)]).signer('tests');
  const signature = signer.sign('text');

  it('knows its own signature of the same text, also when the pepper is retired', () => {
    expect(signer.verify('text', signature)).toBe(true);
    const rotated = createPepper([Buffer.alloc(32, 2), Buffer.alloc(32, 1)]).signer('tests');
    expect(rotated.verify('text', signature)).toBe(true);
    expect(rotated.verify('text', rotated.sign('text'))).toBe(true);
    expect(signer.verify('text', rotated.sign('text'))).toBe(false);
  });

  it('refuses other texts, other purposes and other spellings', () => {
    expect(signer.verify('texts', signature)).toBe(false);
    expect(
      createPepper([Buffer.alloc(32, 1)])
        .signer('other')
        .verify('text', signature),
    ).toBe(false);
    for (const other of ['', `${signature}=`, signature.slice(1), signature.toUpperCase(), 'é'.repeat(43)]) {
      expect(signer.verify('text', other)).toBe(false);
    }
    // The last character holds two bits that decode to nothing.
    const twin = `${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(42) + 1)}`;
    expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
    expect(signer.verify('text', twin)).toBe(false);
  });
});

describe('a sealer', () => {
  const pepper = createPepper([Buffer.alloc(32, 1)]).sealer('tests');

  it('gives back what was sealed, under a different text each time', () => {
    const one = pepper.seal(Buffer.from('key'));
    expect(pepper.seal(Buffer.from('key'))).not.toEqual(one);
    expect(pepper.unseal(one)).toEqual(Buffer.from('key'));
  });

  it('opens nothing that was altered, or sealed under another pepper or for another purpose', () => {
    const sealed = pepper.seal(Buffer.from('key'));
    for (let at = 0; at < sealed.length; at += 1) {
      const altered = Buffer.from(sealed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      expect(() => pepper.unseal(altered)).toThrow('pepper');
    }
    const [same, other] = [createPepper([Buffer.alloc(32, 1)]), createPepper([Buffer.alloc(32, 2)])];
    expect(() => other.sealer('tests').unseal(sealed)).toThrow('pepper');
    expect(() => same.sealer('other').unseal(sealed)).toThrow('pepper');
  });
});
