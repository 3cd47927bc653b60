import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { KeyRecord } from './api-keys/key-cache.ts';
import type { IdentityListener } from './nodes/node.ts';
import type { ProjectPrincipal } from './principal.ts';
import { createStanding, type Standing } from './standing.ts';

const RECORD: KeyRecord = {
  keyId: 'key_1',
  workspaceId: 'ws_1',
  projectId: 1,
  clientRef: null,
  regions: ['eu'],
  customerType: 'on-demand',
  temporaryKeysEnabled: true,
  expiresAt: null,
  revoked: false,
  keepServingHours: 0,
  cutoffs: undefined,
};

const PRINCIPAL: ProjectPrincipal = {
  kind: 'api-key',
  workspaceId: 'ws_1',
  projectId: 1,
  keyId: 'key_1',
  customerType: 'on-demand',
  regions: ['eu'],
  temporaryKeysEnabled: true,
};
const CHANGED = { table: 'api_keys', id: 'key_1' };

/** Somebody's standing, with the row and the news of it in a test's hands. */
function bench(principal: Partial<ProjectPrincipal> = {}) {
  const listeners: IdentityListener[] = [];
  const row: { record: KeyRecord | undefined; isAway: boolean; reads: number; stolen?: string } = {
    record: RECORD,
    isAway: false,
    reads: 0,
  };
  const standing = createStanding({
    node: { listen: (listener) => void listeners.push(listener) },
    keyCache: {
      async byId() {
        row.reads += 1;
        if (row.isAway) throw new Error('away');
        return row.record;
      },
    },
    signingKeys: {
      revokedAmong: async (kids) => new Set(kids.filter((kid) => kid === row.stolen)),
    },
    clock: { now: () => 1_000_000 },
  });
  open.push(standing);
  const onEnded = vi.fn();
  const unwatch = standing.watch({ ...PRINCIPAL, ...principal }, onEnded);
  const hear = async (change = CHANGED) => {
    for (const listener of listeners) listener.onChange(change);
    await turn();
  };
  return { row, onEnded, unwatch, hear, reset: () => listeners[0]?.onReset() };
}

const open: Standing[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.stop())));

describe('a caller that stays', () => {
  it('is told when its key is revoked, or gone', async () => {
    for (const record of [{ ...RECORD, revoked: true }, undefined]) {
      const { row, onEnded, hear } = bench();
      row.record = record;
      await hear();
      expect(onEnded).toHaveBeenCalledOnce();
    }
  });

  it('is not told of anything else, nor of the end of its key by time', async () => {
    const { row, onEnded, hear } = bench();
    row.record = { ...RECORD, expiresAt: new Date(0) };
    await hear();
    expect(row.reads).toBe(1);
    await hear({ table: 'api_keys', id: 'key_2' });
    await hear({ table: 'signing_keys', id: 'key_1' });
    expect(row.reads).toBe(1);
    expect(onEnded).not.toHaveBeenCalled();
  });

  it('is told when its project or workspace was changed and the key is over with it', async () => {
    const { row, onEnded, hear } = bench();
    row.record = { ...RECORD, revoked: true };
    await hear({ table: 'projects', id: '1' });
    expect(onEnded).toHaveBeenCalledOnce();
  });

  it('is told when the keys of its end user were ended, if its own is one of them', async () => {
    const cutoffs = new Map([['USER123', 500_000]]);
    const token = { kind: 'temporary-key', clientRef: 'USER123' } as const;
    for (const [issuedAtMs, calls] of [
      [400_000, 1],
      [600_000, 0],
    ] as const) {
      const { row, onEnded, hear } = bench({ ...token, issuedAtMs });
      row.record = { ...RECORD, cutoffs };
      await hear({ table: 'client_ref_cutoffs', id: '1' });
      expect(onEnded).toHaveBeenCalledTimes(calls);
    }
  });

  it('is told when what signed its temporary key was stolen, also when that news was missed', async () => {
    const token = { kind: 'temporary-key', signedBy: 'sk_1' } as const;
    for (const stolen of ['sk_1', 'sk_2']) {
      for (const isMissed of [false, true]) {
        const { row, onEnded, hear, reset } = bench(token);
        row.stolen = stolen;
        if (isMissed) reset();
        await hear({ table: 'signing_keys', id: isMissed ? 'sk_3' : stolen });
        expect(onEnded).toHaveBeenCalledTimes(stolen === 'sk_1' ? 1 : 0);
      }
    }
  });

  it('is looked up again when news may have been missed, and until the database answers', async () => {
    const { row, onEnded, reset } = bench();
    row.record = { ...RECORD, revoked: true };
    row.isAway = true;
    reset();
    await turn();
    expect(onEnded).not.toHaveBeenCalled();
    row.isAway = false;
    await vi.waitFor(() => expect(onEnded).toHaveBeenCalledOnce(), { timeout: 3_000 });
  });

  it('is not told once it left', async () => {
    const { row, onEnded, unwatch, hear } = bench();
    row.record = undefined;
    unwatch();
    await hear();
    expect(onEnded).not.toHaveBeenCalled();
  });
});
