import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertWorkspace } from '../../../test/helpers/identity.ts';
import { insertKey, MAX_WORKSPACE_SESSIONS, NODES, openNodes } from '../../../test/helpers/sessions.ts';
import type { Sql } from '../../db/database.ts';
import type { SessionLedger } from './ledger.ts';
import type { Admission, NewSession, SessionToken } from './session.ts';

const HOUR_MS = 3_600_000;
const UNLIMITED = Number.POSITIVE_INFINITY;
const NOTHING = { open: 0, counters: [], audio: [], usage: [] };

describe.each(['embedded', 'server'] as const)('opening sessions on the %s database', (kind) => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  let ledgers: [SessionLedger, ...SessionLedger[]];
  beforeAll(async () => {
    nodes = await openNodes(kind);
  });
  afterAll(() => nodes.close());
  beforeEach(async () => {
    await nodes.reset();
    ledgers = [nodes.ledger('node_1'), nodes.ledger('node_2'), nodes.ledger('node_3')];
  });

  const token = (limits: Partial<SessionToken> = {}): SessionToken => ({
    tokenId: 'token-1',
    issuedAtMs: nodes.clock.nowMs - 1_000,
    expiresAtMs: nodes.clock.nowMs + HOUR_MS,
    ...limits,
  });
  const open = (more: Partial<NewSession> = {}, ledger = ledgers[0]) => ledger.open(nodes.session(more));
  const withToken = (limits: Partial<SessionToken>) => open({ token: token(limits) });
  /** At once, on all nodes in turn. */
  const crowd = (count: number, more: Partial<NewSession>) =>
    Promise.all(Array.from({ length: count }, (_, index) => open(more, ledgers[index % NODES.length])));
  const short = (answer: Admission) => (answer.admitted ? 'admitted' : answer.refused);
  const tally = (answers: readonly Admission[]) => {
    const counts: Record<string, number> = {};
    for (const one of answers.map(short)) counts[one] = (counts[one] ?? 0) + 1;
    return counts;
  };

  it('an admitted session is told of its workspace', async () => {
    const quota = MAX_WORKSPACE_SESSIONS;
    expect(await open()).toEqual({ admitted: true, running: 1, quota, grantedSeconds: UNLIMITED });
    expect(await open()).toMatchObject({ running: 2 });
    expect(await open({ environment: 'EU2' })).toMatchObject({ running: 1 });
    expect(await nodes.traces()).toEqual({ ...NOTHING, open: 3 });
  });

  describe('with a temporary key', () => {
    it('200 at once on three nodes leave exactly the one that it may open, also once that has ended', async () => {
      expect(tally(await crowd(200, { token: token({ maxSessions: 1 }) }))).toEqual({
        admitted: 1,
        sessions_used_up: 199,
      });
      const counters = [{ environment: 'EU1', token_id: 'token-1', sessions: 1, audio_seconds: 0 }];
      expect(await nodes.traces()).toEqual({ ...NOTHING, open: 1, counters });
      await nodes.database.sql.deleteFrom('realtime_sessions').execute();
      expect(short(await withToken({ maxSessions: 1 }))).toBe('sessions_used_up');
      expect(short(await withToken({ maxSessions: 1, tokenId: 'token-2' }))).toBe('admitted');
    });

    it('60 at once leave exactly the 3 that it may have at a time, until one ends', async () => {
      const limits = { maxConcurrent: 3 };
      const sessions = Array.from({ length: 60 }, () => nodes.session({ token: token(limits) }));
      const answers = await Promise.all(
        sessions.map((one, index) => ledgers[index % NODES.length]?.open(one) as Promise<Admission>),
      );
      expect(tally(answers)).toEqual({ admitted: 3, too_many_sessions: 57 });
      expect(short(await withToken({ ...limits, tokenId: 'token-2' }))).toBe('admitted');
      expect(short(await open())).toBe('admitted');
      const first = answers.findIndex((one) => one.admitted);
      const used = { language: 'en', operatingPoint: 'standard', audioSeconds: 1 };
      await ledgers[first % NODES.length]?.end(sessions[first]?.sessionId ?? '', used);
      expect([short(await withToken(limits)), short(await withToken(limits))]).toEqual([
        'admitted',
        'too_many_sessions',
      ]);
    });

    it('a refusal counts nothing, and what does not pass by waiting is said first', async () => {
      await nodes.setQuota({ max_sessions: 1 });
      const limits = { maxSessions: 1, audioSeconds: 100 };
      await withToken(limits);
      const before = await nodes.traces();
      expect(await withToken(limits)).toEqual({
        ...{ admitted: false, refused: 'sessions_used_up', running: 1, quota: 1 },
      });
      expect(short(await withToken({ ...limits, maxSessions: 2, audioSeconds: 60 }))).toBe('audio_used_up');
      expect(short(await withToken({ ...limits, maxSessions: 2 }))).toBe('too_many_sessions');
      expect(await nodes.traces()).toEqual(before);
    });
  });

  describe('the quota of a workspace', () => {
    it('holds in a crowd on three nodes, and per environment', async () => {
      await nodes.setQuota({ max_sessions: 4 });
      const answers = await crowd(40, {});
      expect(tally(answers)).toEqual({ admitted: 4, too_many_sessions: 36 });
      expect(answers.flatMap((one) => (one.admitted ? [one.running] : [])).toSorted()).toEqual([1, 2, 3, 4]);
      expect(await open()).toMatchObject({ refused: 'too_many_sessions', running: 4, quota: 4 });
      expect(await nodes.traces()).toEqual({ ...NOTHING, open: 4 });
      expect(short(await open({ environment: 'EU2' }))).toBe('admitted');
    });

    it('is that of the installation where there is none, and that of no other workspace', async () => {
      expect(tally(await crowd(MAX_WORKSPACE_SESSIONS + 5, {}))).toEqual({
        admitted: MAX_WORKSPACE_SESSIONS,
        too_many_sessions: 5,
      });
      await nodes.database.sql.updateTable('realtime_sessions').set({ workspace_id: 'ws_other' }).execute();
      expect(await open()).toMatchObject({ admitted: true, running: 1 });
    });

    it('of none lets none through', async () => {
      await nodes.setQuota({ max_sessions: 0 });
      expect(await open()).toEqual({ admitted: false, refused: 'too_many_sessions', running: 0, quota: 0 });
    });
  });

  describe('sessions of a node that is not heard of any more', () => {
    it('hold no slot of the workspace, nor of the temporary key', async () => {
      await nodes.setQuota({ max_sessions: 1 });
      const once = { token: token({ maxConcurrent: 1 }) };
      await open(once, ledgers[0]);
      expect(short(await open(once, ledgers[1]))).toBe('too_many_sessions');
      await nodes.silence('node_1', '1 second');
      expect(await open(once, ledgers[1])).toMatchObject({ admitted: true, running: 1 });
    });

    it('are there for the node itself', async () => {
      await nodes.setQuota({ max_sessions: 1 });
      await nodes.silence('node_1', '1 second');
      expect([short(await open()), short(await open())]).toEqual(['admitted', 'too_many_sessions']);
    });
  });

  describe('the credential', () => {
    it.each<[string, () => Promise<unknown>]>([
      [
        'the API key was revoked',
        () => nodes.database.sql.updateTable('api_keys').set({ revoked_at: new Date() }).execute(),
      ],
      [
        'the API key expired',
        () =>
          nodes.database.sql
            .updateTable('api_keys')
            .set({ expires_at: new Date(nodes.clock.nowMs) })
            .execute(),
      ],
      ['the API key is gone', () => nodes.database.sql.deleteFrom('api_keys').execute()],
      [
        'the project was deleted',
        () => nodes.database.sql.updateTable('projects').set({ deleted_at: new Date() }).execute(),
      ],
      [
        'the keys of the end user were ended',
        () => cutOff(nodes.owner.projectId, 'USER123', nodes.clock.nowMs - 1_000),
      ],
    ])('is over when %s; nothing is left', async (_, meanwhile) => {
      await meanwhile();
      const limits = { maxSessions: 5, audioSeconds: 100 };
      expect(await open({ clientRef: 'USER123', token: token(limits) })).toEqual({
        ...{ admitted: false, refused: 'credential_over', running: 0, quota: 0 },
      });
      expect(await nodes.traces()).toEqual(NOTHING);
    });

    it('is not when others were ended, nor is an API key when temporary ones were', async () => {
      const { projectId } = nodes.owner;
      await cutOff(projectId, 'USER456', nodes.clock.nowMs);
      await cutOff(projectId + 1, 'USER123', nodes.clock.nowMs);
      await cutOff(projectId, 'USER123', nodes.clock.nowMs - 1_001);
      await insertKey(nodes.database, 'key_2', nodes.owner);
      await nodes.database.sql
        .updateTable('api_keys')
        .set({ revoked_at: new Date() })
        .where('api_key_id', '=', 'key_2')
        .execute();
      expect(short(await open({ clientRef: 'USER123', token: token() }))).toBe('admitted');
      expect(short(await open({ clientRef: 'USER456' }))).toBe('admitted');
    });

    const cutOff = (project_id: number, client_ref: string, atMs: number) =>
      nodes.database.sql
        .insertInto('client_ref_cutoffs')
        .values({ project_id, client_ref, not_before: new Date(atMs), regions: ['eu'] })
        .execute();
  });
});

describe('a session that is opened while', () => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  beforeAll(async () => {
    nodes = await openNodes('server');
  });
  afterAll(() => nodes.close());
  beforeEach(() => nodes.reset());

  const waiting = async () => {
    const { rows } = await raw<{ count: number }>`select count(*)::integer as count from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`.execute(nodes.database.sql);
    return rows[0]?.count;
  };
  const nothing = async () => {};
  type Change = (tx: Sql) => Promise<unknown>;

  it.each<[string, string, Change, Change]>([
    [
      'its API key is revoked is not admitted',
      'credential_over',
      (tx) => tx.updateTable('api_keys').set({ revoked_at: new Date() }).execute(),
      nothing,
    ],
    [
      'its project is deleted, and the keys of that, is not admitted',
      'credential_over',
      (tx) => tx.updateTable('projects').set({ deleted_at: new Date() }).execute(),
      (tx) => tx.deleteFrom('api_keys').execute(),
    ],
    [
      'the keys of its end user are ended is not admitted',
      'credential_over',
      (tx) => tx.selectFrom('projects').select('project_id').forUpdate().execute(),
      (tx) => {
        const cutoff = { client_ref: 'USER123', not_before: new Date(nodes.clock.nowMs), regions: ['eu'] };
        const { projectId: project_id } = nodes.owner;
        return tx
          .insertInto('client_ref_cutoffs')
          .values({ project_id, ...cutoff })
          .execute();
      },
    ],
    [
      'its workspace is changed, and what belongs to that, meets the change',
      'too_many_sessions',
      (tx) => tx.updateTable('workspaces').set({ max_sessions: 0 }).execute(),
      async (tx) => {
        await tx
          .updateTable('projects')
          .set({ regions: ['usa'] })
          .execute();
        await tx
          .updateTable('api_keys')
          .set({ regions: ['usa'] })
          .execute();
      },
    ],
  ])('%s', async (_, refused, first, second) => {
    const ledger = nodes.ledger('node_2');
    const { nowMs } = nodes.clock;
    const token = { tokenId: 'token-1', issuedAtMs: nowMs - 1_000, expiresAtMs: nowMs + HOUR_MS };
    const { answer } = await nodes.database.sql.transaction().execute(async (tx) => {
      await first(tx);
      const answer = ledger.open(nodes.session({ clientRef: 'USER123', token }));
      await expect.poll(waiting, { interval: 5 }).toBe(1);
      await second(tx);
      return { answer };
    });
    expect(await answer).toMatchObject({ refused });
  });

  it('a crowd of its node waits its turn in another workspace does not wait for them', async () => {
    const ledger = nodes.ledger('node_2');
    const other = await insertWorkspace(nodes.database, { workspaceId: 'ws_other' });
    await insertKey(nodes.database, 'key_other', other);
    const { crowd } = await nodes.database.sql.transaction().execute(async (tx) => {
      const { workspaceId } = nodes.owner;
      await tx
        .selectFrom('workspaces')
        .select('name')
        .where('workspace_id', '=', workspaceId)
        .forUpdate()
        .execute();
      const crowd = Array.from({ length: MAX_WORKSPACE_SESSIONS }, () => ledger.open(nodes.session()));
      await expect.poll(waiting, { interval: 5 }).toBeGreaterThan(0);
      const bystander = nodes.session({ ...other, apiKeyId: 'key_other' });
      expect(await ledger.open(bystander)).toMatchObject({ admitted: true, running: 1 });
      return { crowd };
    });
    expect((await Promise.all(crowd)).every(({ admitted }) => admitted)).toBe(true);
  });
});
