import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openPortal } from './visit.ts';

/** What a page fetches when it is the first one a person opens. */
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted' } });

const LIMIT_BYTES = 200_000;

/** The scripts that were fetched, compressed as they came. */
async function scripts(page: Page): Promise<{ path: string; bytes: number }[]> {
  await page.locator('h1').waitFor();
  await page.waitForLoadState('networkidle');
  return page.evaluate<{ path: string; bytes: number }[]>(`performance.getEntriesByType('resource')
    .map((one) => ({ path: new URL(one.name).pathname, bytes: one.encodedBodySize }))
    .filter(({ path }) => path.endsWith('.js'))`);
}

describe('a first load', () => {
  it.each([
    ['sign-in', '/portal/sign-in', null],
    ['Start', '', undefined],
    ['Jobs', '/jobs', undefined],
    ['Live', '/live', undefined],
    ['API Keys', '/api-keys', undefined],
    ['Temporary Keys', '/temporary-keys', undefined],
  ])('of %s fetches little script, and no charts', async (_, path, person) => {
    const { page } = await portal.visit(path, person === null ? { person } : {});
    const fetched = await scripts(page);
    expect(fetched.length).toBeGreaterThan(0);
    expect(fetched.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(LIMIT_BYTES);
    expect(fetched.filter((one) => /chart/.test(one.path))).toEqual([]);
  });

  it('is kept for good where a file has its contents in its name, and asked again where not', async () => {
    const { page } = await portal.visit('');
    const [{ path } = { path: '' }] = await scripts(page);
    const { baseUrl } = portal.server;
    const headers = async (at: string) => (await fetch(baseUrl + at)).headers;
    expect((await headers(path)).get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await headers('/portal/')).get('cache-control')).toBe('no-cache');
    expect((await fetch(`${baseUrl}/portal/assets/none-00000000.js`)).status).toBe(404);
  });
});

describe('the bare address', () => {
  it.each(['/', '/portal', '/portal/'])('%s leads to the portal', async (path) => {
    const { page } = await portal.visit('/portal/sign-in', { person: null });
    await page.goto(portal.server.baseUrl + path);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
