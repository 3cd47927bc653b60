import type { Page, Route } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { openPortal } from './visit.ts';

const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted' } });

/** The machine may be busy. */
const SOON = { timeout: 10_000 };
const API = /\/portal\/api\/workspaces\/[^/]+\/environments$/;

interface Answer {
  version: number;
  environments: {
    environment: string;
    is_up: boolean;
    nodes: { node_id: string; is_live: boolean; applied_version: number }[];
    work: { sessions: number; running_jobs: number; waiting_jobs: number } | null;
    replication: {
      lag_seconds: number | null;
      changes_behind: number | null;
      has_missed_changes: boolean;
    } | null;
  }[];
}

/** Lets the server answer, and changes what it says. */
async function change(page: Page, to: (answer: Answer) => void): Promise<void> {
  await page.route(API, async (route: Route) => {
    const response = await route.fetch();
    const answer: Answer = await response.json();
    to(answer);
    await route.fulfill({ response, json: answer });
  });
}

const card = (page: Page, name: string) =>
  page.locator('section').filter({ has: page.getByRole('heading', { level: 2, name, exact: true }) });

describe('environments', () => {
  it.each([
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const)('are shown with hosts, work and nodes, in %s on a %s', async (theme, size) => {
    const { page, isAccessible } = await portal.visit('/environments', { theme, size });
    await page.getByText('An API key works in all environments of its workspace’s regions.').waitFor();
    const eu1 = card(page, 'EU1');
    await eu1.getByText('Batch and real-time in the region eu').waitFor();
    await eu1.getByText('Up', { exact: true }).waitFor();
    await eu1.getByText('eu1.asr.api.localhost').waitFor();
    await eu1.getByText('Live', { exact: true }).waitFor();
    await eu1.getByText('All applied').waitFor();
    await eu1.getByText('api, realtime, worker, control').waitFor();
    await eu1.getByText(/^node_\w+$/).waitFor();
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(size === 'phone' ? 360 : 1280);
  });

  it('have hosts that can be copied, by keyboard', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    const { page } = await portal.visit('/environments', { permissions });
    await page.getByRole('button', { name: 'Copy eu.asr.api.localhost' }).press('Enter');
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('eu.asr.api.localhost');
  });

  it('that are down, and nodes that are behind, are told by words', async () => {
    const { page, isAccessible, go } = await portal.visit('/portal/sign-in');
    await change(page, (answer) => {
      answer.version += 3;
      const [first, second] = answer.environments;
      const [node] = second?.nodes ?? [];
      if (first === undefined || second === undefined || node === undefined)
        throw new Error('nothing to change');
      Object.assign(first, { is_up: false, nodes: [] });
      second.nodes.push({ ...node, node_id: 'node_2', is_live: false, applied_version: answer.version - 1 });
      Object.assign(second, { work: { sessions: 7, running_jobs: 1_204, waiting_jobs: 18 } });
    });
    await go('/environments');
    await card(page, 'AU1').getByText('Down', { exact: true }).waitFor();
    await card(page, 'AU1').getByText('No node serves this environment').waitFor();
    await page.getByRole('status').filter({ hasText: 'Down: AU1.' }).waitFor();
    const eu1 = card(page, 'EU1');
    await eu1.getByText('3 behind').waitFor();
    const silent = eu1.getByRole('row').filter({ hasText: 'node_2' });
    await silent.getByText('Silent').waitFor();
    await silent.getByText('1 behind').waitFor();
    await expect.poll(() => eu1.getByRole('definition').allTextContents()).toEqual(['7', '1,204', '18']);
    await isAccessible();
  });

  it('with databases of their own say how they follow, and whether they are cut off', async () => {
    const { page, isAccessible, go } = await portal.visit('/portal/sign-in', { theme: 'dark' });
    const following = { lag_seconds: 0.34, changes_behind: 0, has_missed_changes: false };
    await change(page, ({ environments: [first, second, third] }) => {
      for (const one of [first, second, third]) Object.assign(one ?? {}, { work: null });
      Object.assign(first ?? {}, { replication: following });
      Object.assign(second ?? {}, {
        replication: { ...following, lag_seconds: 4_000.2, changes_behind: 1_204 },
      });
      Object.assign(third ?? {}, { replication: { ...following, has_missed_changes: true } });
    });
    await go('/environments');
    const figuresOf = (name: string) => card(page, name).getByRole('definition').allTextContents();
    await card(page, 'AU1').getByText('Up', { exact: true }).waitFor();
    await expect.poll(() => figuresOf('AU1')).toEqual(['0.3 s ago', '0']);
    await card(page, 'EU1').getByText('Cut off', { exact: true }).waitFor();
    await expect.poll(() => figuresOf('EU1')).toEqual(['4,000.2 s ago', '1,204']);
    await card(page, 'EU2').getByText('parley environments init EU2').waitFor();
    await page.getByRole('status').filter({ hasText: 'Cut off: EU1, EU2.' }).waitFor();
    await isAccessible();
  });

  it('are asked for again while somebody looks, and not while the page is hidden', async () => {
    const { page } = await portal.visit('/environments');
    await card(page, 'EU1').getByText('All applied').waitFor();
    const asked: string[] = [];
    const answered: string[] = [];
    page.on('request', (request) => void (API.test(request.url()) && asked.push(request.url())));
    page.on('requestfinished', (request) => void (API.test(request.url()) && answered.push(request.url())));
    await page.clock.install();
    await change(page, (answer) => {
      for (const each of answer.environments) each.work = { sessions: 42, running_jobs: 0, waiting_jobs: 0 };
    });
    const before = await card(page, 'EU1').boundingBox();
    await page.reload();
    await card(page, 'EU1').getByText('42', { exact: true }).waitFor();
    expect(await card(page, 'EU1').boundingBox()).toEqual(before);

    const loaded = asked.length;
    await expect.poll(() => answered.length, SOON).toBe(loaded);
    await page.clock.runFor(5_500);
    await expect.poll(() => answered.length, SOON).toBe(loaded + 1);
    await hide(page, true);
    await page.clock.runFor(30_000);
    expect(asked).toHaveLength(loaded + 1);
    await hide(page, false);
    await page.clock.runFor(5_500);
    await expect.poll(() => answered.length, SOON).toBeGreaterThan(loaded + 1);
  });

  it('stay on the page when they cannot be refreshed, and come back', async () => {
    const { page } = await portal.visit('/environments');
    const eu1 = card(page, 'EU1');
    await eu1.getByText('Up', { exact: true }).waitFor();
    await page.route(API, (route) => route.abort());
    await page.getByText('This could not be refreshed; trying again.').waitFor({ timeout: 15_000 });
    await eu1.getByText('eu1.asr.api.localhost').waitFor();
    await page.unroute(API);
    await page.getByText('Refreshes every 5 seconds.').waitFor({ timeout: 15_000 });
  });

  it('that cannot be fetched at all are asked for again on demand', async () => {
    const { page, isAccessible, go } = await portal.visit('/portal/sign-in');
    await page.clock.install();
    await page.route(API, (route) =>
      route.fulfill({ status: 429, json: { code: 429, error: 'Rate Limited' } }),
    );
    await go('/environments');
    await page.getByText('Too many attempts. Try again later.').waitFor();
    await isAccessible();
    await page.unroute(API);
    // The page would ask again by itself within 5 seconds.
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.clock.runFor(1_000);
    await card(page, 'EU1').getByText('All applied').waitFor();
  });
});

/** As a browser tells a page that another tab is in front of it. */
const hide = (page: Page, isHidden: boolean): Promise<unknown> =>
  page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${isHidden ? 'hidden' : 'visible'}' });
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  `);
