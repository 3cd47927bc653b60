import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { endOfJob, mintKey, submitSpeech } from '../../helpers/api.ts';
import { expectJson, operate } from '../../helpers/management.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { openPortal, type PortalVisit } from './visit.ts';

const databaseUrl = await newDatabase();
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl } });

/** The machine may be busy. */
const SOON = { timeout: 10_000 };

/** Each is a formula to a spreadsheet, or reaches for the next cell. */
const HOSTILE = ['=1+1', '+1', '-2', '@SUM(A1)', 'a";=1+1', '<img src=x onerror=alert(1)>'];
const HARMLESS = ['alice', 'bob, carol', 'dave'];
const ALL = [...HOSTILE, ...HARMLESS];

/** Runs a job for each end user, three days ago, and one for nobody, today. */
async function transcribe(): Promise<void> {
  const { server } = portal;
  const key = server.bootstrap.api_key;
  const keys = await Promise.all(ALL.map((client_ref) => mintKey(server, key, { client_ref })));
  const run = async (own: string) => endOfJob(server, own, await submitSpeech(server, own));
  await Promise.all(keys.map(run));
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  await database.query(`update usage_daily set day = day - 3 where client_ref <> ''`);
  await database.end();
  await run(key);
}

const table = (page: Page, name: string) => page.getByRole('table', { name });
const choose = (page: Page, label: string, option: string) =>
  page.getByLabel(label).selectOption({ label: option });

/** Cells of a table, row by row. */
const cellsOf = (page: Page, name: string): Promise<string[][]> =>
  table(page, name)
    .getByRole('row')
    .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));

async function exported({ page }: PortalVisit): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  return readFile(await (await download).path(), 'utf8');
}

/** Reads CSV as RFC 4180 has it. */
const parse = (csv: string): string[][] =>
  csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, text, bare]) =>
        text === undefined ? (bare ?? '') : text.replaceAll('""', '"'),
      ),
    );

describe('usage of a new workspace', () => {
  it.each(['light', 'dark'] as const)('says what will be here, in %s', async (theme) => {
    const { page, isAccessible } = await portal.visit('/usage', { theme, size: 'phone' });
    await page.getByText('Nothing was transcribed in these days').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Export CSV' }).isDisabled()).toBe(true);
    await page.getByText('This workspace has no limits').waitFor();
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});

describe('usage', () => {
  beforeAll(transcribe);

  it('is a chart with its numbers in tables, the small values together', async () => {
    const { page, isAccessible } = await portal.visit('/usage?by=client_ref');
    await page.getByRole('img', { name: /Bar chart by day and client_ref/ }).waitFor();
    await expect.poll(() => page.locator('.recharts-bar-rectangle path').count(), SOON).toBeGreaterThan(7);
    const totals = await cellsOf(page, 'Totals by client_ref');
    expect(totals).toHaveLength(9);
    expect(totals.at(-1)?.slice(0, 3)).toEqual(['Other (3)', '12s', '3']);
    expect(
      totals
        .map((row) => row[2])
        .slice(1)
        .reduce((sum, count) => sum + Number(count), 0),
    ).toBe(10);
    const days = await cellsOf(page, 'Usage by day');
    expect(days.map((row) => row.at(-1))).toEqual(['Total', '4s', '36s']);
    expect(days[0]).toHaveLength(10);
    await isAccessible();
    await page.getByText('Jobs and sessions', { exact: true }).first().waitFor();
    await page.getByRole('radio', { name: 'Jobs and sessions' }).check({ force: true });
    expect((await cellsOf(page, 'Usage by day')).map((row) => row.at(-1))).toEqual(['Total', '1', '9']);
  });

  it('is told apart by each of the dimensions, which the address keeps', async () => {
    const { page, isAccessible } = await portal.visit('/usage', { theme: 'dark' });
    const first = {
      Product: 'Batch',
      Model: 'standard',
      Language: 'English (en)',
      Project: 'Default project',
    };
    for (const [dimension, name] of Object.entries(first)) {
      await choose(page, 'Break down by', dimension);
      await expect.poll(async () => (await cellsOf(page, `Totals by ${dimension}`))[1]?.[0], SOON).toBe(name);
    }
    await isAccessible();
    await choose(page, 'Break down by', 'API key');
    await page.waitForURL(/by=key/);
    await page.reload();
    await expect
      .poll(async () => (await cellsOf(page, 'Totals by API key'))[1]?.[0], SOON)
      .toBe('First API key');
  });

  it('is exported as it is shown, and nothing in it is a formula', async () => {
    const visit = await portal.visit('/usage?by=client_ref');
    await table(visit.page, 'Totals by client_ref').waitFor();
    const csv = await exported(visit);
    const [header, ...rows] = parse(csv);
    expect(header).toEqual(['day', 'client_ref', 'name', 'jobs_and_sessions', 'hours']);
    expect(rows).toHaveLength(10);
    const names = rows.map((row) => row[1] ?? '');
    const guarded = HOSTILE.slice(0, 4).map((text) => `'${text}`);
    expect([...names].sort()).toEqual(['', ...guarded, `a";'=1+1`, HOSTILE[5], ...HARMLESS].sort());
    expect(csv).not.toMatch(/(^|[",;\t\r\n])[=+\-@]/m);
    expect(rows.every((row) => Number(row[4]) > 0)).toBe(true);
  });

  it('guards against what spreadsheets skip before a formula', async () => {
    const visit = await portal.visit('/portal/sign-in');
    const row = { day: '2026-01-01', count: 1, duration_hrs: 1 };
    const values = ['\t=1', '\r=1', '＝1', 'a\n=1', 'plain'];
    await visit.page.route(/\/portal\/api\/workspaces\/[^/]+\/usage/, (route) =>
      route.fulfill({
        json: { since: '', until: '', rows: values.map((value) => ({ ...row, value, label: value })) },
      }),
    );
    await visit.go('/usage?by=client_ref&since=2026-01-01&until=2026-01-02');
    await table(visit.page, 'Totals by client_ref').waitFor();
    const csv = await exported(visit);
    const guarded = [`'\t'=1`, `'\r'=1`, `'＝1`, `a\n'=1`, 'plain'];
    expect(guarded.filter((text) => !csv.includes(`,"${text}","${text}",1,1\r\n`))).toEqual([]);
  });

  it('is of days of one’s own choice, by keyboard alone', async () => {
    const { page } = await portal.visit('/usage');
    await page.getByText('Audio transcribed').waitFor();
    await choose(page, 'Period', 'Days of your choice');
    const today = new Date().toISOString().slice(0, 10);
    const before = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
    await page.getByLabel('First day').fill(today);
    await page.getByLabel('Last day').fill(before);
    await page.getByLabel('Last day').press('Enter');
    await page.getByText('Choose a last day that is not before the first.').waitFor();
    await expect.poll(() => page.locator('input:focus').getAttribute('name')).toBe('until');
    await expect.poll(() => page.getByLabel('First day').inputValue()).toBe(today);
    await page.getByLabel('First day').fill(before);
    await page.getByLabel('First day').press('Enter');
    await page.waitForURL(new RegExp(`since=${before}.*until=${before}`));
    await expect
      .poll(async () => (await cellsOf(page, 'Usage by day'))[1]?.slice(1), SOON)
      .toEqual(['36s', '9']);
    await choose(page, 'Period', 'Last 365 days');
    await expect.poll(async () => (await cellsOf(page, 'Usage by week'))[1]?.[2], SOON).toMatch(/^(10|1|9)$/);
  });

  it('says what is wrong with days in the address, and shows none', async () => {
    const { page } = await portal.visit('/usage?since=2020-01-01&until=2026-01-01');
    await page.getByText(/Choose at most 366 days; these are 2193/).waitFor();
    await expect.poll(() => page.getByRole('img').count()).toBe(0);
  });

  it('says that it could not be fetched, and fetches it again', async () => {
    const { page, isAccessible, go } = await portal.visit('/portal/sign-in');
    const usage = /\/portal\/api\/workspaces\/[^/]+\/usage/;
    await page.route(usage, (route) =>
      route.fulfill({ status: 429, json: { code: 429, error: 'Rate Limited' } }),
    );
    await go('/usage');
    await page.getByText('Too many attempts. Try again later.').waitFor();
    await isAccessible();
    await page.unroute(usage);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('img', { name: /Bar chart/ }).waitFor();
  });

  it('is beside the limits, and how much of them is used', async () => {
    const { server, person } = portal;
    const terms = { monthly_audio_hours: 0.02, max_running_jobs: 0, max_sessions: 5 };
    await expectJson(200, operate(server, 'PATCH', `/workspaces/${person.workspaceId}`, terms));
    const { page, isAccessible } = await portal.visit('/usage', { size: 'phone', theme: 'dark' });
    const row = table(page, 'Limits by environment').getByRole('row').filter({ hasText: 'EU1' });
    const audio = row.getByRole('progressbar', { name: 'Audio this month in EU1' });
    await audio.waitFor();
    expect(Number(await audio.getAttribute('aria-valuenow'))).toBeGreaterThan(50);
    await row.getByText('40s of 1m 12s').waitFor();
    await row.getByText('0 of 0 (used up)').waitFor();
    await row.getByText('0 of 5').waitFor();
    await isAccessible();
  });

  it('loads the code of the chart on no other page', async () => {
    const { page, go } = await portal.visit('/environments');
    const scripts = () =>
      page.evaluate(
        () => performance.getEntriesByType('resource').filter(({ name }) => /usage-chart/.test(name)).length,
      );
    await page.getByText('Refreshes every 5 seconds').waitFor();
    expect(await scripts()).toBe(0);
    await go('/usage');
    await page.getByRole('img', { name: /Bar chart/ }).waitFor();
    expect(await scripts()).toBeGreaterThan(0);
  });
});
