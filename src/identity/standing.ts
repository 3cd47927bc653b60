import { sleep } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { KeyCache } from './api-keys/key-cache.ts';
import { faultOfKey } from './authenticate.ts';
import type { Node } from './nodes/node.ts';
import type { ProjectPrincipal } from './principal.ts';
import type { SigningKeys } from './temporary-keys/signing-key.ts';

/** Callers that stay, and are told when their key is over. */
export interface Standing {
  /**
   * Calls `onEnded`, once, when the caller's key, the project, its end user's keys or what signed its temporary key are
   * ended. That a key expires is no reason: expiry decides who may begin. Returns what stops watching.
   */
  watch(principal: ProjectPrincipal, onEnded: () => void): () => void;
  stop(): Promise<void>;
}

interface Deps {
  readonly node: Pick<Node, 'listen'>;
  readonly keyCache: Pick<KeyCache, 'byId'>;
  readonly signingKeys: Pick<SigningKeys, 'revokedAmong'>;
  readonly clock: Clock;
}

interface Caller {
  readonly principal: ProjectPrincipal;
  readonly onEnded: () => void;
}

/** After a look-up that failed: a database that is away comes back. */
const RETRY_MS = 1_000;

/** Looks a key up again whenever a change of it, or of what it belongs to, is heard of, or may have been missed. */
export function createStanding({ node, keyCache, signingKeys, clock }: Deps): Standing {
  const callersOf = new Map<string, Set<Caller>>();
  const stopping = new AbortController();
  const checking = new Set<Promise<void>>();

  function endThose(keyId: string, isOver: (principal: ProjectPrincipal) => boolean): void {
    const callers = callersOf.get(keyId) ?? new Set();
    for (const caller of callers) {
      if (!isOver(caller.principal)) continue;
      callers.delete(caller);
      caller.onEnded();
    }
  }

  async function checkKey(keyId: string): Promise<void> {
    if (!callersOf.has(keyId)) return;
    const record = await keyCache.byId(keyId);
    endThose(keyId, (principal) => !record || isEnded(faultOfKey(record, clock.now(), claimsOf(principal))));
  }

  /** A signing key goes when it was stolen. */
  async function checkSigningKeys(): Promise<void> {
    const callers = [...callersOf.values()].flatMap((some) => [...some]);
    const kids = new Set(callers.flatMap(({ principal }) => principal.signedBy ?? []));
    if (kids.size === 0) return;
    const revoked = await signingKeys.revokedAmong([...kids]);
    for (const keyId of callersOf.keys()) endThose(keyId, ({ signedBy = '' }) => revoked.has(signedBy));
  }

  async function untilDone(check: () => Promise<void>): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        return await check();
      } catch {
        await sleep(RETRY_MS, stopping.signal);
      }
    }
  }

  function start(check: () => Promise<void>): void {
    const done = untilDone(check).finally(() => checking.delete(done));
    checking.add(done);
  }

  const startAll = (): void => {
    for (const keyId of callersOf.keys()) start(() => checkKey(keyId));
  };

  node.listen({
    onChange({ table, id }) {
      if (table === 'api_keys') start(() => checkKey(id));
      else if (table === 'signing_keys') start(checkSigningKeys);
      else if (table !== 'admin_tokens') startAll();
    },
    onReset() {
      startAll();
      start(checkSigningKeys);
    },
  });

  return {
    watch(principal, onEnded) {
      const caller = { principal, onEnded };
      const { keyId } = principal;
      const callers = callersOf.get(keyId) ?? new Set();
      callersOf.set(keyId, callers.add(caller));
      return () => {
        callers.delete(caller);
        if (callers.size === 0 && callersOf.get(keyId) === callers) callersOf.delete(keyId);
      };
    },
    async stop() {
      stopping.abort();
      await Promise.all(checking);
    },
  };
}

const isEnded = (fault: ReturnType<typeof faultOfKey>): boolean => fault !== undefined && fault !== 'expired';

function claimsOf({ kind, projectId, clientRef, issuedAtMs }: ProjectPrincipal) {
  if (kind === 'api-key' || issuedAtMs === undefined) return undefined;
  return {
    sub: String(projectId),
    iat: issuedAtMs / 1_000,
    ...(clientRef !== undefined && { client_ref: clientRef }),
  };
}
