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
  const link: typeof real.link = async (from, to) => {
    await real.link(from, to);
    events.push(['link', String(to)]);
  };
  const rename: typeof real.rename = async (from, to) => {
    await real.rename(from, to);
    events.push(['rename', String(to)]);
  };
  return { ...real, open, link, rename };
});

vi.resetModules(); // other files of this process have loaded the real one
const { writeBootstrap } = await import('./bootstrap.ts');
const { loadPepper } = await import('../identity/secrets/pepper.ts');
const { addPepper } = await import('../identity/secrets/pepper-file.ts');

const directory = await mkdtemp(join(tmpdir(), 'parley-secrets-'));
const pepper = join(directory, 'pepper');
const seen = () =>
  events.map(([verb, path]) => `${verb} ${relative(directory, path).replace(/.*\.tmp$/, '<temp>') || '.'}`);

beforeEach(() => {
  events.length = 0;
});
afterAll(() => rm(directory, { recursive: true }));

it('the first credentials are there for good before anybody is told that they are made', async () => {
  const secrets = { api_key: '', management_token: '', operator_token: '', project_id: 1, workspace_id: '' };
  await writeBootstrap(directory, secrets);
  expect(seen()).toEqual(['sync <temp>', 'rename bootstrap.json', 'sync .']);
});

it('so is the pepper, when it is made and when it is changed', async () => {
  await loadPepper(pepper);
  expect(seen()).toEqual(['sync <temp>', 'link pepper', 'sync .']);
  events.length = 0;
  await addPepper(pepper);
  expect(seen()).toEqual(['sync <temp>', 'rename pepper', 'sync .']);
});
