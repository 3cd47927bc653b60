import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NODES, openNodes } from '../../../test/helpers/sessions.ts';
import type { SessionLedger } from './ledger.ts';
import type { NewSession, SessionToken } from './session.ts';

const HOUR_MS = 3_600_000;
const UNLIMITED = Number.POSITIVE_INFINITY;

describe.each(['embedded', 'server'] as const)('the audio of sessions on the %s database', (kind) => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  let ledgers: [SessionLedger, SessionLedger, SessionLedger];
  beforeAll(async () => {
    nodes = await openNodes(kind);
  });
  afterAll(() => nodes.close());
  beforeEach(async () => {
    await nodes.reset();
    ledgers = [nodes.ledger('node_1'), nodes.ledger('node_2'), nodes.ledger('node_3')];
  });

  const withLimits = (limits: Partial<SessionToken>): Partial<NewSession> => ({
    token: {
      tokenId: 'token-1',
      issuedAtMs: nodes.clock.nowMs - 1_000,
      expiresAtMs: nodes.clock.nowMs + HOUR_MS,
      ...limits,
    },
  });
  const withToken = (audioSeconds?: number, tokenId = 'token-1') =>
    withLimits({ tokenId, ...(audioSeconds !== undefined && { audioSeconds }) });

  /** Opens a session; one that is refused has nothing granted. */
  async function open(more: Partial<NewSession> = {}, ledger = ledgers[0]) {
    const session = nodes.session(more);
    const answer = await ledger.open(session);
    const { sessionId } = session;
    return {
      granted: answer.admitted ? answer.grantedSeconds : 0,
      refused: answer.admitted ? undefined : answer.refused,
      extend: () => ledger.extend(sessionId),
      end: (audioSeconds: number) =>
        ledger.end(sessionId, { language: 'en', operatingPoint: 'standard', audioSeconds }),
    };
  }
  const counted = async () => {
    const { counters, audio } = await nodes.traces();
    return { key: counters.map((one) => one.audio_seconds), month: audio.map((one) => one.audio_seconds) };
  };
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

  it('is granted without end where nothing limits it, and counted when it ends', async () => {
    const session = await open();
    expect([session.granted, await session.extend()]).toEqual([UNLIMITED, UNLIMITED]);
    expect(await counted()).toEqual({ key: [], month: [] });
    await session.end(12.5);
    expect(await counted()).toEqual({ key: [], month: [12.5] });
    const ofKey = await open(withToken());
    await ofKey.end(2);
    expect(await counted()).toEqual({ key: [], month: [14.5] });
    const overMonths = await open(withLimits({ maxSessions: 9 }));
    nodes.clock.nowMs += 12 * HOUR_MS;
    await overMonths.end(3);
    expect(await counted()).toEqual({ key: [3], month: [14.5, 3] });
  });

  describe('that a temporary key may have transcribed', () => {
    it('is granted a minute at a time, then what is left, then no more; what was not used is given back', async () => {
      const session = await open(withToken(150));
      const grants = [
        session.granted,
        await session.extend(),
        await session.extend(),
        await session.extend(),
      ];
      expect(grants).toEqual([60, 120, 150, 150]);
      expect(await counted()).toEqual({ key: [150], month: [150] });
      expect((await nodes.traces()).counters).toMatchObject([{ sessions: 1 }]);
      expect(await open(withToken(150))).toMatchObject({ granted: 0, refused: 'audio_used_up' });
      await session.end(100.25);
      expect(await counted()).toEqual({ key: [100.25], month: [100.25] });
      expect((await open(withToken(150))).granted).toBe(49.75);
      expect((await open(withToken(150, 'token-2'))).granted).toBe(60);
    });

    it('is granted in turn to a session that asks twice at once', async () => {
      const session = await open(withToken(1_000));
      const grants = await Promise.all([session.extend(), session.extend()]);
      expect(grants.toSorted()).toEqual([120, 180]);
      await session.end(130);
      expect(await counted()).toEqual({ key: [130], month: [130] });
    });

    it('is no more for 20 sessions at once on three nodes', async () => {
      const sessions = await Promise.all(
        Array.from({ length: 20 }, (_, index) => open(withToken(330), ledgers[index % NODES.length])),
      );
      const granted = sessions.map((one) => one.granted).filter((seconds) => seconds > 0);
      expect(granted.toSorted()).toEqual([30, 60, 60, 60, 60, 60]);
      expect(await counted()).toEqual({ key: [330], month: [330] });

      const open6 = sessions.filter((one) => one.granted > 0);
      await open6.pop()?.end(0);
      const left = 330 - sum(open6.map((one) => one.granted));
      const extended = await Promise.all(open6.map((one) => one.extend()));
      expect(sum(extended) - sum(open6.map((one) => one.granted))).toBe(left);
      expect(await counted()).toEqual({ key: [330], month: [330] });
    });
  });

  describe('of a month that a workspace may have transcribed', () => {
    it('is granted likewise, after that of jobs', async () => {
      await nodes.setQuota({ monthly_audio_hours: 0.05 });
      const account = { environment: 'EU1', workspace_id: nodes.owner.workspaceId, month: '2026-01-01' };
      await nodes.database.sql
        .insertInto('accepted_audio')
        .values({ ...account, audio_seconds: 90 })
        .execute();
      const [one, two] = [await open(), await open(withToken(), ledgers[1])];
      expect([one.granted, two.granted]).toEqual([60, 30]);
      expect((await open()).refused).toBe('audio_used_up');
      expect((await open({ environment: 'EU2' })).granted).toBe(60);
      await one.end(10);
      expect(await two.extend()).toBe(80);
      await two.end(80);
      expect(await counted()).toEqual({ key: [], month: [180, 60] });
    });

    it('of none lets none through', async () => {
      await nodes.setQuota({ monthly_audio_hours: 0 });
      expect((await open()).refused).toBe('audio_used_up');
      expect(await counted()).toEqual({ key: [], month: [] });
    });

    it('is new on the first; what was not used goes back to the month that was charged', async () => {
      await nodes.setQuota({ monthly_audio_hours: 0.025 });
      const [one, two] = [await open(), await open()];
      expect([one.granted, two.granted]).toEqual([60, 30]);
      nodes.clock.nowMs = Date.parse('2026-01-31T23:59:59.999Z');
      expect(await two.extend()).toBe(30);
      nodes.clock.nowMs += 1;
      expect(await two.extend()).toBe(90);
      await one.end(20);
      await two.end(75);
      expect(await counted()).toEqual({ key: [], month: [50, 45] });
    });

    it('may be lifted while a session is open', async () => {
      await nodes.setQuota({ monthly_audio_hours: 0.01 });
      const session = await open();
      await nodes.setQuota({ monthly_audio_hours: null });
      expect([session.granted, await session.extend()]).toEqual([36, UNLIMITED]);
      await session.end(100);
      expect(await counted()).toEqual({ key: [], month: [100] });
    });
  });

  it('is what both the key and the workspace have left; the other keeps the rest', async () => {
    await nodes.setQuota({ monthly_audio_hours: 0.025 });
    const [one, two] = [await open(withToken(40)), await open(withToken(100, 'token-2'))];
    expect([one.granted, two.granted]).toEqual([40, 50]);
    expect(await counted()).toEqual({ key: [40, 50], month: [90] });
    await one.end(15);
    expect(await two.extend()).toBe(75);
    expect(await counted()).toEqual({ key: [15, 75], month: [90] });
  });

  it('is not granted to a session that is not open any more', async () => {
    const session = await open(withToken(100));
    await nodes.database.sql.deleteFrom('realtime_sessions').execute();
    expect(await session.extend()).toBe(60);
    await session.end(10);
    expect(await session.extend()).toBe(0);
  });
});
