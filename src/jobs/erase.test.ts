import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openNodes } from '../../test/helpers/sessions.ts';
import { createDiskStore, type DiskStore } from '../storage/disk.ts';
import { startEraser } from './erase.ts';

describe('erasing an end user or a project while sessions are open', () => {
  let nodes: Awaited<ReturnType<typeof openNodes>>;
  let root: string;
  let store: DiskStore;
  beforeAll(async () => {
    nodes = await openNodes('server');
    root = await mkdtemp(join(tmpdir(), 'parley-erase-'));
    store = createDiskStore({ root });
  });
  afterAll(async () => {
    await nodes.close();
    await rm(root, { recursive: true });
  });
  beforeEach(() => nodes.reset());

  it.each([
    ['USER123', ['', 'USER456']],
    ['', []],
  ])('of "%s" leaves nothing that would be counted at their end', async (client_ref, left) => {
    const ledger = nodes.ledger('node_1');
    const sessions = [null, 'USER123', 'USER456'].map((clientRef) => nodes.session({ clientRef }));
    for (const session of sessions) await ledger.open(session);
    const other = nodes.session({ projectId: nodes.owner.projectId + 1, clientRef: 'USER123' });
    await ledger.open(other);
    const erasure = { project_id: nodes.owner.projectId, client_ref, regions: ['eu'] };
    await nodes.database.sql.insertInto('erasures').values(erasure).execute();
    const log = pino({ level: 'silent' });
    const eraser = await startEraser({ database: nodes.database, store, storeId: 'test', log });
    await eraser.run();
    await eraser.stop();
    const used = { language: 'en', operatingPoint: 'standard', audioSeconds: 1 };
    for (const { sessionId } of [...sessions, other]) await ledger.end(sessionId, used);
    const usage = (await nodes.traces()).usage.map((one) => one.client_ref);
    expect(usage).toEqual([...left, 'USER123'].toSorted());
  });
});
