import type { Case } from '../case.ts';
import type { Operation } from '../operations.ts';
import { earlyRefusals, hostileAudio, innerAddresses, oversizedBodies } from './bodies.ts';
import { ambiguousCredentials, defaultCredentials, digests, forgedReports, refusals } from './credentials.ts';
import { echoes, urlsAndCaches } from './exposure.ts';
import { forgedTokens } from './forged-tokens.ts';
import { framing } from './framing.ts';
import { headerKeys } from './header-keys.ts';
import { crossOrigin, forwardedAddresses, internalHeaders, origins } from './headers.ts';
import { endUsers, objectUrls, otherProjects } from './isolation.ts';
import { clientRefs, growth, minting } from './minting.ts';
import { ambiguousUpgrades, pageOrigins, upgradePlaces, upgradeRefusals } from './realtime/handshake.ts';
import { forgedOnUpgrade, headerKeysOnUpgrade, otherProducts, outlivingSessions } from './realtime/tokens.ts';
import { ending } from './revocation.ts';
import { callers, crawl, products } from './routes.ts';

/** Every case, those on the operations of a server's description among them. */
export const casesFor = (operations: readonly Operation[]): readonly Case[] => [
  ...forgedTokens,
  ...forgedOnUpgrade,
  ...headerKeys,
  ...headerKeysOnUpgrade,
  ...products(operations),
  ...otherProducts,
  ...refusals,
  ...upgradeRefusals,
  ...urlsAndCaches,
  ...upgradePlaces,
  ...echoes,
  ...otherProjects,
  ...endUsers,
  ...objectUrls,
  ...clientRefs,
  ...callers(operations),
  ...growth,
  ...minting,
  ...ending,
  ...outlivingSessions,
  ...forwardedAddresses,
  ...innerAddresses,
  ...earlyRefusals,
  ...oversizedBodies,
  ...hostileAudio,
  ...origins,
  ...pageOrigins,
  ...crossOrigin,
  ...ambiguousCredentials,
  ...ambiguousUpgrades,
  ...framing,
  ...internalHeaders,
  ...digests,
  ...forgedReports,
  ...defaultCredentials,
  ...crawl(operations),
];

/** What the numbers stand for. */
export const PITFALLS: Readonly<Record<string, string>> = {
  T1: 'forged tokens',
  T2: 'keys chosen by the token',
  T3: 'keys of another product',
  T6: 'refusals that tell more than they should',
  T7: 'credentials in URLs, answers in caches',
  T8: 'secrets repeated in answers',
  T9: 'jobs of another project',
  T10: 'jobs of another end user',
  T11: 'operations for other callers',
  T12: 'wishes that are not documented',
  T17: 'keys that outlive their parent',
  T18: 'sessions that outlive their key',
  T19: 'forged addresses',
  T20: 'fetching from inside',
  T23: 'uploads before authentication',
  T24: 'oversized and compressed bodies',
  T25: 'hostile audio',
  T26: 'keys of another web origin',
  T27: 'pages of others',
  T30: 'ambiguous requests and credentials',
  T31: 'internal headers from outside',
  T32: 'spraying',
  T34: 'stolen digests',
  T36: 'forged reports of leaked keys',
  T39: 'default credentials',
  T40: 'what is public',
};
