import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeEach, expect, it, vi } from 'vitest';

const { events } = vi.hoisted(() => ({ events: [] as [verb: string, path: string][] }));

// Nothing short of cutting the power shows a missing fsync, so this records the order of the calls.
vi.mock('node:fs/promises', async (importOriginal) => {
  const real = await importOriginal<typeof import('node:fs/promises')>();
  const open: typeof real.open = async (path, ...rest) => {
    const handle = await real.open(path, ...rest);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      events.push(['sync', String(path)]);
    };
    return handle;
  };
  const rename: typeof real.rename = async (from, to) => {
    await real.rename(from, to);
    events.push(['rename', String(to)]);
  };
  return { ...real, open, rename };
});

vi.resetModules(); // other files of this process have loaded the real one
const { createDiskStore } = await import('./disk.ts');

const parent = await mkdtemp(join(tmpdir(), 'parley-blobs-'));
const root = join(parent, 'new', 'blobs');
const seen = () =>
  events.map(([verb, path]) => `${verb} ${relative(root, path).replace(/\.tmp\/.*/, '<temp>') || '<root>'}`);

beforeEach(() => {
  events.length = 0;
});

afterAll(() => rm(parent, { recursive: true }));

it('start syncs each directory it made and the one that holds them', async () => {
  await createDiskStore({ root }).start({ isAlone: true });
  expect(seen()).toEqual(['sync <root>', 'sync ..', 'sync ../..', 'sync <temp>', 'sync ..']);
});

it('put syncs the file, then renames it, then syncs every directory above it', async () => {
  await createDiskStore({ root }).put('eu1/jobs/a1/audio', Buffer.from('x'));
  expect(seen()).toEqual([
    'sync <temp>',
    'rename eu1/jobs/a1/audio',
    'sync eu1/jobs/a1',
    'sync eu1/jobs',
    'sync eu1',
    'sync <root>',
  ]);
});

it('delete makes the blob disappear in one step and syncs that before it removes the data', async () => {
  await createDiskStore({ root }).delete('eu1/jobs/a1');
  expect(seen()).toEqual(['rename <temp>', 'sync eu1/jobs']);
});
