import { choice, file, integer, optionalText, text } from '../base/option.ts';
import { ALGORITHMS } from './temporary-keys/token.ts';

/** Who may make an account in the portal. */
export const REGISTRATIONS = ['open', 'invite', 'closed'] as const;
export type RegistrationMode = (typeof REGISTRATIONS)[number];

export const identityOptions = {
  pepperFile: optionalText({
    env: 'PARLEY_PEPPER_FILE',
    doc: 'File with the peppers of key digests, 64 hexadecimal digits per line, the current one first. Nodes of one installation share it. Unset: `pepper` in the data directory, made at first start.',
  }),
  signingAlgorithm: choice({
    env: 'PARLEY_SIGNING_ALGORITHM',
    doc: 'Algorithm of signing keys made from now on.',
    default: 'RS256',
    of: ALGORITHMS,
  }),
  maxTtlSeconds: integer({
    env: 'PARLEY_TEMPORARY_KEY_MAX_TTL_SECONDS',
    doc: 'Longest time to live a temporary key may be given, in seconds.',
    default: 3_600,
    min: 60,
    max: 86_400,
  }),
  region: choice({
    env: 'PARLEY_TEMPORARY_KEY_REGION',
    doc: 'Whether the `region` of a temporary key is `enforced` (it opens that region only) or `ignored`.',
    default: 'enforced',
    of: ['enforced', 'ignored'],
  }),
  leaseSeconds: integer({
    env: 'PARLEY_LEASE_SECONDS',
    doc: 'How long a node may use what it holds of keys in memory without having heard from the database; also how long the revocation of a key may take to reach a node that is cut off.',
    default: 5,
    min: 2,
    max: 60,
  }),
  keyCacheSize: integer({
    env: 'PARLEY_KEY_CACHE_SIZE',
    doc: 'API keys kept in memory; each takes about 0.5 KB.',
    default: 100_000,
    min: 1,
    max: 10_000_000,
  }),
  githubScanningKeysFile: file({
    env: 'PARLEY_GITHUB_SCANNING_KEYS_FILE',
    doc: 'File with the public keys of GitHub secret scanning, as `https://api.github.com/meta/public_keys/secret_scanning` answers them. Unset: reports of leaked keys are not taken.',
  }),
  registration: choice({
    env: 'PARLEY_REGISTRATION',
    doc: 'Who may make an account in the portal: `open` (everybody, each with a workspace of their own), `invite` (whoever has an invitation of a workspace) or `closed` (nobody but the first).',
    default: 'invite',
    of: REGISTRATIONS,
  }),
  portalUrl: optionalText({
    env: 'PARLEY_PORTAL_URL',
    doc: 'Where people open the portal, for example `https://portal.example.com`. Unset: the address the server listens on. Its cookies are for HTTPS only where this starts with `https:`.',
  }),
  oidcIssuer: optionalText({
    env: 'PARLEY_OIDC_ISSUER',
    doc: 'Issuer of an OpenID Connect provider with which people may sign in to the portal, for example `https://login.example.com`. Needs `PARLEY_OIDC_CLIENT_ID`, `PARLEY_OIDC_CLIENT_SECRET_FILE` and `PARLEY_PORTAL_URL`; the provider sends people back to `<PARLEY_PORTAL_URL>/portal/api/callback/oidc`.',
  }),
  oidcClientId: optionalText({
    env: 'PARLEY_OIDC_CLIENT_ID',
    doc: 'Name of this installation at the provider.',
  }),
  oidcClientSecretFile: file({
    env: 'PARLEY_OIDC_CLIENT_SECRET_FILE',
    doc: 'File with the secret of this installation at the provider.',
  }),
  oidcName: text({
    env: 'PARLEY_OIDC_NAME',
    doc: 'What the button says: “Continue with …”.',
    default: 'single sign-on',
  }),
  supportContact: text({
    env: 'PARLEY_SUPPORT_CONTACT',
    doc: 'Whom callers are told to contact, for example `support@example.org`; shown in the `detail` of 403 answers.',
    default: 'the operator of this installation',
  }),
};
