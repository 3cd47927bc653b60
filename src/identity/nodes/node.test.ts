import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type DatabaseUnderTest, emptyTables, openTestDatabases } from '../../../test/helpers/database.ts';
import { createTestIdentity, insertWorkspace } from '../../../test/helpers/identity.ts';
import type { Database, Listener } from '../../db/database.ts';
import { SYSTEM } from '../audit/event.ts';
import { type IdentityChange, type Node, startNode } from './node.ts';
import { createReceipts } from './receipt.ts';
import { NODE_ROLES, type NodeRole } from './roles.ts';

const NEVER = new AbortController().signal;

describe.each(['embedded', 'server'] as const)('a node on the %s database', (kind) => {
  let under: DatabaseUnderTest;
  let database: Database;
  beforeAll(async () => {
    under = await openTestDatabases(kind);
    database = await under.open({ migrated: true });
  });
  afterAll(() => under.close());
  beforeEach(() => emptyTables(database));

  async function start(
    on: Database = database,
    leaseMs = 5_000,
    roles: readonly NodeRole[] = NODE_ROLES,
  ): Promise<Node> {
    const node = await startNode(on, { environments: ['EU1'], roles, leaseMs });
    onTestFinished(() => node.stop());
    return node;
  }

  /** A database whose feed can be cut: no news comes, and nothing asked on it is answered. */
  function withFeed() {
    const listeners: Listener[] = [];
    let isCut = false;
    let unsent: Promise<void> | undefined;
    let held: Promise<void> | undefined;
    const cuttable: Database = {
      ...database,
      listen: (listener) => {
        listeners.push(listener);
        return database.listen({
          ...listener,
          onMessage: (payload) => {
            if (!isCut) listener.onMessage(payload);
          },
        });
      },
      askFeed: async (text, values) => {
        if (isCut) throw new Error('cut');
        await unsent;
        const answer = await database.askFeed(text, values);
        await held;
        return answer;
      },
    };
    return {
      database: cuttable,
      cut: () => {
        isCut = true;
        for (const one of listeners) one.onFeed(false);
      },
      cutSilently: () => {
        isCut = true;
      },
      restore: () => {
        isCut = false;
        for (const one of listeners) one.onFeed(true);
      },
      restoreWithNews: (payload: string) => {
        isCut = false;
        for (const one of listeners) one.onFeed(true);
        for (const one of listeners) one.onMessage(payload);
      },
      mend: () => {
        isCut = false;
      },
      /** Questions are under way from now on, until the function returned is called. */
      holdQuestions: () => {
        let release = () => {};
        unsent = new Promise((resolve) => (release = resolve));
        return release;
      },
      /** Answers are under way from now on, until the function returned is called. */
      holdAnswers: () => {
        let release = () => {};
        held = new Promise((resolve) => (release = resolve));
        return release;
      },
    };
  }

  async function changeSomething(): Promise<number> {
    const { apiKeys, node } = await createTestIdentity(database);
    await node.stop();
    const owner = await insertWorkspace(database);
    const { apiKeyId } = await apiKeys.create(SYSTEM, { ...owner, name: 'key' });
    return (await apiKeys.revoke(SYSTEM, owner.workspaceId, apiKeyId)).version;
  }

  it('is current from its start on, and knows the time of the database', async () => {
    const node = await start();
    expect(node.isCurrent()).toBe(true);
    expect(node.hasTrustedClock()).toBe(true);
    expect(Math.abs(node.clock.now() - Date.now())).toBeLessThan(1_000);
  });

  it('tells what changed, row by row', async () => {
    const node = await start();
    const changes: IdentityChange[] = [];
    node.listen({ onChange: (change) => changes.push(change), onReset: () => {} });
    await changeSomething();
    await expect.poll(() => changes.filter(({ table }) => table === 'api_keys').length).toBe(2);
  });

  it('is not current while the feed is cut, and forgets everything before it is again', async () => {
    const feed = withFeed();
    const node = await start(feed.database);
    let resets = 0;
    node.listen({ onChange: () => {}, onReset: () => (resets += 1) });
    feed.cut();
    expect(node.isCurrent()).toBe(false);
    feed.restore();
    await expect.poll(() => node.isCurrent()).toBe(true);
    expect(resets).toBe(1);
  });

  it('stops being current by itself when nothing comes any more, within the lease', async () => {
    const feed = withFeed();
    const node = await start(feed.database, 2_000);
    feed.cutSilently();
    await expect.poll(() => node.isCurrent(), { timeout: 2_500 }).toBe(false);
  });

  it('forgets everything when an answer comes after its lease: a receipt may have counted it as silent', async () => {
    const feed = withFeed();
    const node = await start(feed.database, 1_000);
    let resets = 0;
    node.listen({ onChange: () => {}, onReset: () => (resets += 1) });
    const release = feed.holdAnswers();
    await expect.poll(() => node.isCurrent()).toBe(false);
    expect(resets).toBe(0);
    release();
    await expect.poll(() => node.isCurrent()).toBe(true);
    expect(resets).toBeGreaterThan(0);
  });

  it('is not current by an answer that was under way when the feed was lost', async () => {
    const feed = withFeed();
    const node = await start(feed.database);
    const release = feed.holdAnswers();
    const beat = node.refresh();
    await new Promise(setImmediate);
    feed.cut();
    release();
    await beat;
    expect(node.isCurrent()).toBe(false);
    feed.restore();
    await expect.poll(() => node.isCurrent()).toBe(true);
  });

  it('forgets everything when it finds that it has missed news', async () => {
    const feed = withFeed();
    const node = await start(feed.database);
    let resets = 0;
    node.listen({ onChange: () => {}, onReset: () => (resets += 1) });
    const witness = await start();
    const heard: IdentityChange[] = [];
    witness.listen({ onChange: (change) => heard.push(change), onReset: () => {} });
    feed.cutSilently();
    await changeSomething();
    await expect.poll(() => heard.filter(({ table }) => table === 'api_keys').length).toBe(2);
    feed.mend();
    await node.refresh();
    expect(resets).toBe(1);
    expect(node.isCurrent()).toBe(true);
  });

  it('forgets everything after a reset, also when the first news comes before the first answer', async () => {
    const feed = withFeed();
    const node = await start(feed.database);
    let resets = 0;
    node.listen({ onChange: () => {}, onReset: () => (resets += 1) });
    feed.cut();
    feed.restoreWithNews('projects:1:1000');
    await expect.poll(() => node.isCurrent()).toBe(true);
    expect(resets).toBe(1);
  });

  it('counts the nodes that live, by what they do', async () => {
    const first = await start();
    const worker = await start(database, 5_000, ['worker']);
    const second = await start(database, 5_000, ['api', 'worker']);
    await first.refresh();
    const counts = () => NODE_ROLES.map((role) => first.liveNodes(role));
    expect(counts()).toEqual([2, 1, 3, 1]);
    await second.stop();
    await first.refresh();
    expect(counts()).toEqual([1, 1, 2, 1]);
    await worker.stop();
  });

  it('of a version that names no roles counts for all of them', async () => {
    const node = await start();
    await database.sql
      .insertInto('nodes')
      .values({
        node_id: 'node_old',
        environments: ['EU1'],
        lease_until: new Date(Date.now() + 60_000),
        applied_version: 0,
      })
      .execute();
    await node.refresh();
    expect(NODE_ROLES.map((role) => node.liveNodes(role))).toEqual([2, 2, 2, 2]);
  });

  it('acknowledges a change, which completes the receipt', async () => {
    const receipts = await createReceipts(database);
    const nodes = [await start(), await start()];
    const version = await changeSomething();
    const receipt = await receipts.wait(version, { durationMs: 10_000, signal: NEVER });
    expect(receipt.complete).toBe(true);
    const states = new Map(receipt.environments[0]?.nodes.map(({ nodeId, state }) => [nodeId, state]));
    expect(nodes.map(({ nodeId }) => states.get(nodeId))).toEqual(['acknowledged', 'acknowledged']);
  });

  it('takes nothing back by a heartbeat that was sent before the change', async () => {
    const feed = withFeed();
    const node = await start(feed.database);
    const acknowledged = async () =>
      (await database.sql.selectFrom('nodes').selectAll().where('node_id', '=', node.nodeId).execute())[0]
        ?.applied_version;
    const release = feed.holdQuestions();
    const beat = node.refresh();
    const version = await changeSomething();
    await expect.poll(acknowledged).toBe(version);
    release();
    await beat;
    expect(await acknowledged()).toBe(version);
  });

  it('is waited for while its lease holds, and counts as silent after', async () => {
    const receipts = await createReceipts(database);
    const feed = withFeed();
    const node = await start(feed.database, 5_000);
    feed.cutSilently();
    const version = await changeSomething();
    const soon = await receipts.wait(version, { durationMs: 0, signal: NEVER });
    const stateIn = (receipt: typeof soon) =>
      receipt.environments[0]?.nodes.find(({ nodeId }) => nodeId === node.nodeId)?.state;
    expect(soon.complete).toBe(false);
    expect(stateIn(soon)).toBe('waiting');
    const late = await receipts.wait(version, { durationMs: 20_000, signal: NEVER });
    expect(late.complete).toBe(true);
    expect(stateIn(late)).toBe('silent');
    expect(node.isCurrent()).toBe(false);
  });
});
