import { type Case, type CaseRow, numbered } from '../../case.ts';
import { all, fault, refused, status } from '../../expect.ts';
import { session, upgrade, upgrades, upgradeWith, withJwt } from '../../sessions.ts';
import { mint, mintedKey } from '../../set-up.ts';
import type { Target, Verdict } from '../../target.ts';
import { bearer } from '../../wire/client.ts';
import { FORGED, signedByAttacker } from '../forged-tokens.ts';
import { KEYED_HEADERS } from '../header-keys.ts';
import { makeKey } from '../revocation.ts';

/** Refused before the upgrade, wherever it stands. */
const opensNothing = async (target: Target, token: string): Promise<Verdict> =>
  (await upgradeWith(target, token)).flatMap((answer) => refused(target, answer));

const NEEDS = ['realtime'] as const;

/** T1 where sessions begin. */
export const forgedOnUpgrade: readonly Case[] = numbered('T1.r', [
  ...Object.entries(FORGED).map(
    ([title, forge]): CaseRow => ({
      title: `no session with a forged token: ${title}`,
      needs: NEEDS,
      attack: (target) => opensNothing(target, forge(target)),
      twin: upgrades,
    }),
  ),
  {
    title: 'no session with a token of 1 MB',
    needs: NEEDS,
    attack: async (target) =>
      all(
        ...(await upgradeWith(target, 'A'.repeat(1_000_000))).map((answer) =>
          status(answer, 400, 401, 413, 414, 431),
        ),
      ),
    twin: upgrades,
  },
]);

/** T2 where sessions begin. */
export const headerKeysOnUpgrade: readonly Case[] = numbered(
  'T2.r',
  Object.entries(KEYED_HEADERS).map(([title, headerOf], index) => ({
    title: `no session with a token with ${title}`,
    needs: NEEDS,
    async attack(target: Target) {
      const path = `/session-key-${index}`;
      const header = headerOf(`http://127.0.0.1:${target.trap.port}${path}`);
      return all(
        opensNothing(target, signedByAttacker(target, { ...header })),
        fault(target.trap.visits.includes(path), 'the server fetched a key that the token named'),
      );
    },
    twin: upgrades,
  })),
);

const starts = (target: Target): Promise<Verdict> =>
  target.shared(
    'session',
    async () => {
      const began = await session(target, { path: withJwt(target.keys.rt) });
      return fault(began !== 'RecognitionStarted', `a good key: ${began}`);
    },
    1_000,
  );

/** T3, the other direction: what is none of real time's opens no session. */
export const otherProducts: readonly Case[] = numbered('T3.r', [
  ...(['user123', 'nobody'] as const).flatMap((user) =>
    (['in the header', 'in the URL'] as const).map(
      (place): CaseRow => ({
        title: `a batch key of ${user} ${place} is told that it opens no session`,
        needs: NEEDS,
        async attack(target) {
          const key = target.keys[user];
          const where = place === 'in the URL' ? { path: withJwt(key) } : { headers: [bearer(key)] };
          const began = await session(target, where);
          return fault(began !== 'not_authorised', `the session: ${began}`);
        },
        twin: starts,
      }),
    ),
  ),
  ...(['managementToken', 'operatorToken'] as const).map(
    (kind): CaseRow => ({
      title: `no session with a ${kind.replace('Token', ' token')}`,
      needs: [...NEEDS, kind],
      attack: (target) => opensNothing(target, target[kind] ?? ''),
      twin: upgrades,
    }),
  ),
]);

/** A session of a temporary key, whose API key is then revoked. */
async function endsWithItsKey(target: Target): Promise<Verdict> {
  const { key, id } = await makeKey(target);
  const child = mintedKey(await mint(target, key, {}, 'rt')) ?? '';
  let began: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    began = resolve;
  });
  const ended = session(target, { path: withJwt(child), onStarted: began });
  await Promise.race([started, ended]);
  const revoked = await target.ask(`/v1/api-keys/${id}`, { method: 'DELETE', key: target.managementToken });
  return all(
    status(revoked, 200),
    ended.then((word) => fault(word !== 'not_authorised', `the session: ${word}`)),
    upgrade(target, [bearer(child)]).then((answer) => refused(target, answer)),
  );
}

/** T18: sessions end with the key that opened them. */
export const outlivingSessions: readonly Case[] = numbered('T18', [
  {
    title: 'a session of a temporary key ends when its API key is revoked',
    isSafe: false,
    needs: [...NEEDS, 'managementToken'],
    operation: 'GET /v1/projects',
    attack: endsWithItsKey,
    twin: starts,
  },
]);
