import { sql as raw } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { FAST, openNodes } from '../../../test/helpers/sessions.ts';
import { createSql } from '../../db/database.ts';
import type { SessionUsage } from './session.ts';

const HOUR_MS = 3_600_000;
const used = (audioSeconds: number, language = 'en'): SessionUsage => ({
  ...{ language, operatingPoint: 'standard', audioSeconds },
});
const usageOf = (count: number, audio_seconds: number, more: object = {}) => ({
  ...{
    client_ref: '',
    mode: 'real-time',
    type: 'transcription',
    language: 'en',
    operating_point: 'standard',
  },
  ...{ count, audio_seconds },
  ...more,
});

describe.each(['embedded', 'server'] as const)('the ledger of sessions on the %s database', (kind) => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  beforeAll(async () => {
    nodes = await openNodes(kind);
  });
  afterAll(() => nodes.close());
  beforeEach(() => nodes.reset());

  const limited = (audioSeconds: number) => ({
    token: {
      tokenId: 'token-1',
      issuedAtMs: nodes.clock.nowMs - 1_000,
      expiresAtMs: nodes.clock.nowMs + HOUR_MS,
      audioSeconds,
    },
  });

  describe('the end of a session', () => {
    it('frees its slot and counts what it used, once', async () => {
      const ledger = nodes.ledger('node_1');
      await nodes.setQuota({ max_sessions: 1 });
      const session = nodes.session({ clientRef: 'USER123' });
      await ledger.open(session);
      await Promise.all([ledger.end(session.sessionId, used(7.5)), ledger.end(session.sessionId, used(8))]);
      await ledger.end(session.sessionId, used(9));
      const usage = [usageOf(1, 7.5, { client_ref: 'USER123' })];
      const audio = [{ environment: 'EU1', audio_seconds: 7.5 }];
      expect(await nodes.traces()).toEqual({ open: 0, counters: [], audio, usage });
      const next = nodes.session();
      expect(await ledger.open(next)).toMatchObject({ admitted: true, running: 1 });
      await ledger.end(next.sessionId, used(0.5));
      expect((await nodes.traces()).usage).toEqual([
        usageOf(1, 0.5),
        usageOf(1, 7.5, { client_ref: 'USER123' }),
      ]);
    });

    it('without audio counts nothing', async () => {
      const ledger = nodes.ledger('node_1');
      const session = nodes.session();
      await ledger.open(session);
      await ledger.end(session.sessionId, used(0));
      expect(await nodes.traces()).toEqual({ open: 0, counters: [], audio: [], usage: [] });
    });

    it('of one that was never opened does nothing', async () => {
      const ledger = nodes.ledger('node_1');
      ledger.note('session-0', used(1));
      await ledger.end('session-0', used(1));
      expect(await nodes.traces()).toMatchObject({ usage: [] });
    });
  });

  describe('what was noted of a session', () => {
    const noted = () =>
      nodes.database.sql
        .selectFrom('realtime_sessions')
        .select(['session_id', 'language', 'operating_point', 'audio_seconds'])
        .orderBy('audio_seconds')
        .execute();

    it('is written every now and then, the last of it when the ledger stops', async () => {
      const ledger = nodes.ledger('node_1', { pace: FAST });
      const [one, two] = [nodes.session(), nodes.session({ environment: 'EU2' })];
      await ledger.open(one);
      await ledger.open(two);
      ledger.note(one.sessionId, used(1));
      ledger.note(one.sessionId, used(2));
      ledger.note(two.sessionId, used(3, "d'e"));
      const row = { operating_point: 'standard' };
      const rows = [
        { ...row, session_id: one.sessionId, language: 'en', audio_seconds: 2 },
        { ...row, session_id: two.sessionId, language: "d'e", audio_seconds: 3 },
      ];
      await expect.poll(noted).toEqual(rows);
      ledger.note(two.sessionId, used(4));
      await ledger.stop();
      expect(await noted()).toEqual([rows[0], { ...rows[1], language: 'en', audio_seconds: 4 }]);
    });

    it('is counted when its node died, once, whoever finds it; what was granted and not used is given back', async () => {
      const ledger = nodes.ledger('node_1');
      const sessions = Array.from({ length: 8 }, () => nodes.session(limited(480)));
      for (const [index, session] of sessions.entries()) {
        await ledger.open(session);
        ledger.note(session.sessionId, used(index));
      }
      await ledger.stop();
      expect(await nodes.traces()).toMatchObject({ open: 8, counters: [{ audio_seconds: 480 }], usage: [] });
      await nodes.silence('node_1', '6 minutes');
      const others = [nodes.ledger('node_2'), nodes.ledger('node_3'), nodes.ledger('node_new')];
      await expect.poll(async () => (await nodes.traces()).open).toBe(0);
      for (const other of others) await other.stop();
      expect(await nodes.traces()).toEqual({
        open: 0,
        counters: [{ environment: 'EU1', token_id: 'token-1', sessions: 8, audio_seconds: 28 }],
        audio: [{ environment: 'EU1', audio_seconds: 28 }],
        usage: [usageOf(7, 28)],
      });
    });

    it('is counted when its node has left', async () => {
      const ledger = nodes.ledger('node_1');
      await ledger.open(nodes.session());
      await nodes.database.sql.deleteFrom('nodes').where('node_id', '=', 'node_1').execute();
      nodes.ledger('node_2');
      await expect.poll(async () => (await nodes.traces()).open).toBe(0);
    });

    it('is found also later on', async () => {
      nodes.ledger('node_2', { pace: FAST });
      await nodes.ledger('node_1').open(nodes.session());
      await nodes.silence('node_1', '6 minutes');
      await expect.poll(async () => (await nodes.traces()).open).toBe(0);
    });

    it('is left to a node that may come back, and to the one that asks', async () => {
      const ledger = nodes.ledger('node_1', { pace: FAST });
      const session = nodes.session();
      await ledger.open(session);
      const other = nodes.ledger('node_2');
      await other.open(nodes.session());
      await other.stop(); // its first look for dead nodes is over
      await nodes.silence('node_1', '6 minutes');
      await nodes.silence('node_2', '4 minutes');
      await sleepTurns();
      expect((await nodes.traces()).open).toBe(2);
    });

    it('is not counted again by a node that comes back after all', async () => {
      const ledger = nodes.ledger('node_1');
      const session = nodes.session();
      await ledger.open(session);
      await nodes.database.sql
        .updateTable('realtime_sessions')
        .set({ language: 'de', audio_seconds: 5 })
        .execute();
      await nodes.silence('node_1', '6 minutes');
      nodes.ledger('node_2');
      await expect.poll(async () => (await nodes.traces()).open).toBe(0);
      await ledger.end(session.sessionId, used(9));
      expect((await nodes.traces()).usage).toEqual([usageOf(1, 5, { language: 'de', operating_point: '' })]);
    });
  });

  it('counters of temporary keys are forgotten a day after their end, but not while a session is open', async () => {
    const session = nodes.session(limited(100));
    const ledger = nodes.ledger('node_1');
    await ledger.open(session);
    await ledger.stop();
    nodes.clock.nowMs += 48 * HOUR_MS;
    const expired = (token_id: string, hours: number, environment = 'EU1') => ({
      ...{ environment, token_id, sessions: 1, audio_seconds: 1 },
      expires_at: new Date(nodes.clock.nowMs - hours * HOUR_MS),
    });
    const values = [expired('token-1', 47, 'EU2'), expired('token-2', 25), expired('token-3', 23)];
    await nodes.database.sql.insertInto('temporary_key_counters').values(values).execute();
    nodes.ledger('node_2');
    const left = async () =>
      (await nodes.traces()).counters.map((one) => `${one.environment} ${one.token_id}`);
    await expect.poll(left).toEqual(['EU1 token-1', 'EU1 token-3']);
  });
});

const sleepTurns = () => new Promise((resolve) => setTimeout(resolve, 10 * FAST.sweepEveryMs));

describe('while the database', () => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  beforeAll(async () => {
    nodes = await openNodes('server');
  });
  afterAll(() => nodes.close());
  beforeEach(() => nodes.reset());

  /** Connections that fail when they are told to. */
  function openBreakable() {
    const pool = new pg.Pool({ connectionString: nodes.url, max: 5 });
    const state = { isAway: false, losesCommits: false, refusals: 0 };
    const sql = createSql({
      async connect() {
        if (state.isAway) {
          state.refusals += 1;
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        }
        const client = await pool.connect();
        return {
          release: () => client.release(),
          async query(text: string, values: unknown[]) {
            const answer = await client.query(text, values);
            if (text === 'commit' && state.losesCommits) throw new Error('Connection terminated');
            return answer;
          },
        } as never;
      },
      end: () => pool.end(),
    });
    onTestFinished(() => pool.end());
    return { sql, state };
  }

  it('is away, the end of a session waits in memory', async () => {
    const { sql, state } = openBreakable();
    const ledger = nodes.ledger('node_1', { sql, pace: FAST });
    const session = nodes.session();
    await ledger.open(session);
    state.isAway = true;
    await ledger.end(session.sessionId, used(3));
    await expect.poll(() => state.refusals).toBeGreaterThan(5);
    await expect(ledger.open(nodes.session())).rejects.toMatchObject({ code: 'unavailable' });
    state.isAway = false;
    await expect.poll(nodes.traces).toMatchObject({ open: 0, usage: [usageOf(1, 3)] });
    await ledger.stop();
  });

  it('is away, the ledger stops; when it is back by then, nothing is lost', async () => {
    const { sql, state } = openBreakable();
    const slow = { ...FAST, retryAfterMs: 60_000 };
    const [ledger, other] = [
      nodes.ledger('node_1', { sql, pace: slow }),
      nodes.ledger('node_2', { sql, pace: slow }),
    ];
    const [session, lost] = [nodes.session(), nodes.session()];
    await ledger.open(session);
    await other.open(lost);
    state.isAway = true;
    await ledger.end(session.sessionId, used(3));
    await other.end(lost.sessionId, used(4));
    await other.stop();
    state.isAway = false;
    await ledger.stop();
    expect(await nodes.traces()).toMatchObject({ open: 1, usage: [usageOf(1, 3)] });
  });

  it('does not say whether it has opened a session, none is open and nothing is counted', async () => {
    const { sql, state } = openBreakable();
    const ledger = nodes.ledger('node_1', { sql, pace: FAST });
    state.losesCommits = true;
    await expect(ledger.open(nodes.session())).rejects.toMatchObject({ code: 'unavailable' });
    await expect.poll(nodes.traces).toMatchObject({ open: 0, usage: [] });
    const { rows } = await raw`select 1 from realtime_sessions`.execute(nodes.database.sql);
    expect(rows).toEqual([]);
    await ledger.stop();
  });

  it('does not say whether it has counted a session, it is counted once', async () => {
    const { sql, state } = openBreakable();
    const ledger = nodes.ledger('node_1', { sql, pace: FAST });
    const session = nodes.session();
    await ledger.open(session);
    state.losesCommits = true;
    await ledger.end(session.sessionId, used(3));
    state.losesCommits = false;
    await ledger.stop();
    expect(await nodes.traces()).toMatchObject({ open: 0, usage: [usageOf(1, 3)] });
  });
});
