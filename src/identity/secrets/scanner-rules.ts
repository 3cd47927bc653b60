import { createSecret, SECRET_PREFIX, type SecretKind } from './secret.ts';

/** Programs that look for secrets in code, for which there are rules. */
export const SCANNERS = ['gitleaks', 'trufflehog', 'github'] as const;
export type Scanner = (typeof SCANNERS)[number];

const KINDS = Object.keys(SECRET_PREFIX) as SecretKind[];

/** A secret of ours, in a dialect that all scanners read (RE2): a scanner cannot check the checksum at its end. */
const patternOf = (kind: SecretKind): string => `${SECRET_PREFIX[kind]}[0-9A-Za-z]{39}`;

const nameOf = (kind: SecretKind, domain: string): string => `Parley ${kind.replace('-', ' ')} of ${domain}`;

/** Rules that find secrets of this installation, in the form of one scanner's configuration file. */
export function scannerRules(scanner: Scanner, domain: string): string {
  switch (scanner) {
    case 'gitleaks':
      return KINDS.map((kind) => gitleaksRule(kind, domain)).join('\n');
    case 'trufflehog':
      return `detectors:\n${KINDS.map((kind) => trufflehogDetector(kind, domain)).join('')}`;
    case 'github':
      return `${JSON.stringify(
        KINDS.map((kind) => githubPattern(kind, domain)),
        undefined,
        2,
      )}\n`;
  }
}

const gitleaksRule = (kind: SecretKind, domain: string): string => `[[rules]]
id = "parley-${kind}"
description = "${nameOf(kind, domain)}"
regex = '''\\b(${patternOf(kind)})\\b'''
keywords = ["${SECRET_PREFIX[kind]}"]
`;

const trufflehogDetector = (kind: SecretKind, domain: string): string => `  - name: ${nameOf(kind, domain)}
    keywords: ["${SECRET_PREFIX[kind]}"]
    regex:
      secret: '\\b(${patternOf(kind)})\\b'
`;

/** The fields of the form for a custom pattern; the test string is well-formed and opens nothing. */
const githubPattern = (kind: SecretKind, domain: string) => ({
  pattern_name: nameOf(kind, domain),
  secret_format: patternOf(kind),
  before_secret: '\\A|[^0-9A-Za-z_]',
  after_secret: '\\z|[^0-9A-Za-z_]',
  test_string: createSecret(kind),
});
