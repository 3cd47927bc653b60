import { describe, expect, it } from 'vitest';
import { SCANNERS, scannerRules } from './scanner-rules.ts';
import { createSecret, kindOfSecret, type SecretKind } from './secret.ts';

const KINDS: readonly SecretKind[] = ['api-key', 'management-token', 'operator-token'];

/** The patterns of the rules, one per kind, as the scanner would build them; RE2 spells two anchors its own way. */
function patterns(scanner: (typeof SCANNERS)[number]): RegExp[] {
  const text = scannerRules(scanner, 'example.org');
  if (scanner !== 'github') {
    const quoted = scanner === 'gitleaks' ? /^regex = '''(.*)'''$/gm : /^ +secret: '(.*)'$/gm;
    return [...text.matchAll(quoted)].map(([, pattern]) => new RegExp(pattern ?? ''));
  }
  const rules = JSON.parse(text) as Record<'secret_format' | 'before_secret' | 'after_secret', string>[];
  return rules.map(
    (rule) =>
      new RegExp(
        `(?:${rule.before_secret})(${rule.secret_format})(?:${rule.after_secret})`
          .replace('\\A', '^')
          .replace('\\z', '$'),
      ),
  );
}

describe.each(SCANNERS)('the rules for %s', (scanner) => {
  const places = ['%', 'key=%', '"%"', 'Bearer %\n', 'https://x/?jwt=%&a=b', '(%)', '%.', ' % '];

  it.each(KINDS.map((kind, index) => [kind, index] as const))('find a new %s, whole', (kind, index) => {
    const all = patterns(scanner);
    expect(all).toHaveLength(3);
    for (let i = 0; i < 200; i += 1) {
      const secret = createSecret(kind);
      const text = (places[i % places.length] ?? '').replace('%', secret);
      expect(
        all.map((pattern) => pattern.exec(text)?.[1]),
        text,
      ).toEqual([0, 1, 2].map((one) => (one === index ? secret : undefined)));
    }
  });

  it('find nothing in what only resembles one', () => {
    const secret = createSecret('api-key');
    const near = [
      secret.slice(0, -1),
      `${secret}A`,
      `${secret}_`,
      `x${secret}`,
      secret.replace('ply_', 'ply-'),
      secret.replace('ply_', 'PLY_'),
      secret.replace('ply_', 'plyx_'),
      `${secret.slice(0, 20)} ${secret.slice(20)}`,
      `${secret.slice(0, 20)}-${secret.slice(21)}`,
      'key_0123456789abcdef',
    ];
    for (const pattern of patterns(scanner)) {
      expect(near.filter((text) => pattern.test(text))).toEqual([]);
    }
  });

  it('name the installation and hold no key of it', () => {
    const text = scannerRules(scanner, 'example.org');
    expect(text.match(/Parley [a-z ]+ of example\.org/g)).toHaveLength(3);
  });
});

it('gitleaks gets tables of quoted values, which is TOML', () => {
  const lines = scannerRules('gitleaks', 'example.org').trimEnd().split('\n');
  const line = /^(|\[\[rules\]\]|\w+ = "[^"\\]*"|\w+ = '''[^']*'''|\w+ = \["[^"\\]*"\])$/;
  expect(lines.filter((one) => !line.test(one))).toEqual([]);
});

it('github gets test strings that have the form of a key', () => {
  const rules = JSON.parse(scannerRules('github', 'example.org')) as { test_string: string }[];
  expect(rules.map(({ test_string }) => kindOfSecret(test_string))).toEqual(KINDS);
});
