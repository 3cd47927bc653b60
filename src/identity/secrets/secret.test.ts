import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSecret, kindOfSecret, SECRET_PREFIX, type SecretKind } from './secret.ts';

const kinds = Object.keys(SECRET_PREFIX) as SecretKind[];

describe('secrets', () => {
  it.each(kinds)('a new %s is recognised, and no two are alike', (kind) => {
    const made = Array.from({ length: 1_000 }, () => createSecret(kind));
    expect(new Set(made).size).toBe(1_000);
    expect(
      made.every((secret) => kindOfSecret(secret) === kind && secret.startsWith(SECRET_PREFIX[kind])),
    ).toBe(true);
  });

  it('uses every character of the alphabet about equally often', () => {
    const counts = new Map<string, number>();
    for (let round = 0; round < 2_000; round += 1) {
      for (const one of createSecret('api-key').slice(4, -6)) counts.set(one, (counts.get(one) ?? 0) + 1);
    }
    expect(counts.size).toBe(62);
    const mean = (2_000 * 33) / 62;
    for (const count of counts.values()) expect(Math.abs(count - mean)).toBeLessThan(mean * 0.25);
  });

  it('refuses a secret in which any one character was changed', () => {
    const secret = createSecret('api-key');
    const change = fc.tuple(
      fc.integer({ min: 0, max: secret.length - 1 }),
      fc.constantFrom(...'0aZ_ .\u0000é'),
    );
    fc.assert(
      fc.property(change, ([at, character]) => {
        fc.pre(secret[at] !== character);
        expect(kindOfSecret(secret.slice(0, at) + character + secret.slice(at + 1))).toBeUndefined();
      }),
    );
  });

  it.each([
    '',
    'ply_',
    'x'.repeat(43),
    createSecret('api-key').slice(1),
    `${createSecret('api-key')}0`,
    ` ${createSecret('api-key')}`,
  ])('refuses %j', (text) => {
    expect(kindOfSecret(text)).toBeUndefined();
  });

  it('refuses a management token dressed up as an API key', () => {
    expect(kindOfSecret(createSecret('management-token').replace('plym_', 'ply_'))).toBeUndefined();
  });
});
