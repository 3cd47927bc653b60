import { sleep } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { KeyCache } from './api-keys/key-cache.ts';
import { faultOfKey } from './authenticate.ts';
import type { Node } from './nodes/node.ts';
import type { ProjectPrincipal } from './principal.ts';

/** Callers that stay, and are told when their key is over. */
export interface Standing {
  /**
   * Calls `onEnded`, once, when the caller's key, the project or its end user's keys are ended. That a key expires is no
   * reason: expiry decides who may begin. Returns what stops watching.
   */
  watch(principal: ProjectPrincipal, onEnded: () => void): () => void;
  stop(): Promise<void>;
}

interface Deps {
  readonly node: Pick<Node, 'listen'>;
  readonly keyCache: Pick<KeyCache, 'byId'>;
  readonly clock: Clock;
}

interface Caller {
  readonly principal: ProjectPrincipal;
  readonly onEnded: () => void;
}

/** After a look-up that failed: a database that is away comes back. */
const RETRY_MS = 1_000;

/** Looks a key up again whenever a change of it, or of what it belongs to, is heard of, or may have been missed. */
export function createStanding({ node, keyCache, clock }: Deps): Standing {
  const callersOf = new Map<string, Set<Caller>>();
  const stopping = new AbortController();
  const checking = new Set<Promise<void>>();

  async function check(keyId: string): Promise<void> {
    while (!stopping.signal.aborted && callersOf.has(keyId)) {
      try {
        const record = await keyCache.byId(keyId);
        const callers = callersOf.get(keyId) ?? new Set();
        for (const caller of callers) {
          const { principal, onEnded } = caller;
          const isOver = !record || isEnded(faultOfKey(record, clock.now(), claimsOf(principal)));
          if (!isOver) continue;
          callers.delete(caller);
          onEnded();
        }
        return;
      } catch {
        await sleep(RETRY_MS, stopping.signal);
      }
    }
  }

  function start(keyIds: Iterable<string>): void {
    for (const keyId of keyIds) {
      const done = check(keyId).finally(() => checking.delete(done));
      checking.add(done);
    }
  }

  node.listen({
    onChange({ table, id }) {
      if (table === 'api_keys') start(callersOf.has(id) ? [id] : []);
      else if (table !== 'signing_keys' && table !== 'admin_tokens') start([...callersOf.keys()]);
    },
    onReset: () => start([...callersOf.keys()]),
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
