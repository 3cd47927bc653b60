import { readFile } from 'node:fs/promises';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../helpers/api.ts';
import { join, type Person } from '../../helpers/portal.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { openPortal } from './visit.ts';

const databaseUrl = await newDatabase();
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: databaseUrl } });

/** The machine may be busy. */
const SOON = { timeout: 10_000 };
/** A page of the log is 50 entries. */
const KEYS = 30;
const HOSTILE = '=HYPERLINK("//evil","<img src=x onerror=alert(1)>")';

let member: Person;
/** Request ids of a request that was refused, and of one that was not. */
let refused = '';
let granted = '';

const inWorkspace = <T>(status: number, method: string, path: string, body?: unknown): Promise<T> =>
  portal.person.browser.expect<T>(status, method, `/workspaces/${portal.person.workspaceId}${path}`, body);

interface NewKey {
  readonly apikey_id: string;
  readonly key_value: string;
}

beforeAll(async () => {
  const { server } = portal;
  const { project_id } = await inWorkspace<{ project_id: number }>(201, 'POST', '/projects', {
    name: HOSTILE,
  });
  let last: NewKey | undefined;
  for (let index = 1; index <= KEYS; index += 1) {
    last = await inWorkspace<NewKey>(201, 'POST', '/api-keys', { project_id, name: `Key ${index}` });
    await inWorkspace(200, 'DELETE', `/api-keys/${last.apikey_id}${index === KEYS ? '?wait=5' : ''}`);
  }
  member = await join(portal.person, 'member', { email: '+evil@example.org' });
  const requestId = async (key: string) =>
    (await ask(server, '/v2/jobs', { key })).headers.get('request-id') ?? '';
  refused = await requestId(last?.key_value ?? '');
  granted = await requestId(server.bootstrap.api_key);
});

const entries = (page: Page) => page.getByRole('main').getByRole('listitem');
const entry = (page: Page, words: string) => entries(page).filter({ hasText: words });
const dialog = (page: Page) => page.getByRole('dialog');

describe('the audit log', () => {
  it('tells in sentences who did what, newest first', async () => {
    const { page, isAccessible } = await portal.visit('/audit');
    await entry(page, `${member.email} joined the workspace as a member.`).waitFor();
    await expect
      .poll(() => entries(page).nth(1).textContent())
      .toContain('created an invitation for a member.');
    await expect
      .poll(() => entries(page).nth(2).textContent())
      .toContain(`${portal.person.email} revoked the API key “Key ${KEYS}”.`);
    await isAccessible();
  });

  it('has more as one scrolls, down to where it begins', async () => {
    const { page, isAccessible } = await portal.visit('/audit', { theme: 'dark', size: 'phone' });
    await expect.poll(() => entries(page).count(), SOON).toBe(50);
    await isAccessible();
    await page.mouse.wheel(0, 100_000);
    await page.getByText('This is where the log begins.').waitFor();
    await expect.poll(() => entries(page).count()).toBeGreaterThan(60);
    await entry(page, 'Parley created the workspace').waitFor();
    const project = entry(page, `created the project “${HOSTILE}”.`);
    await expect.poll(() => project.locator('img').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  it('opens an entry to all that is kept of it, by keyboard', async () => {
    const { page, isAccessible } = await portal.visit('/audit?action=project.created');
    const row = entry(page, 'created the project').getByRole('button');
    await row.press('Enter');
    await expect.poll(() => row.getAttribute('aria-expanded')).toBe('true');
    const facts = await entry(page, 'created the project').getByRole('definition').allTextContents();
    expect(facts).toEqual([
      expect.stringMatching(/\d{4} at \d\d:\d\d:\d\d/),
      'project.created',
      `account ${portal.person.accountId}, ${portal.person.email}`,
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^[0-9a-f]{32}$/),
      '127.0.0.1',
      JSON.stringify({ name: HOSTILE }, undefined, 2),
      expect.stringMatching(/^\d+$/),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
    await isAccessible();
    await row.press('Space');
    await expect.poll(() => row.getAttribute('aria-expanded')).toBe('false');
  });

  it('is searched by text and action, which the address keeps', async () => {
    const { page, isAccessible } = await portal.visit('/audit');
    await page.getByRole('searchbox').fill('Key 7');
    await expect.poll(() => entries(page).count(), SOON).toBe(2);
    await entry(page, 'created the API key “Key 7”').waitFor();
    await page.getByRole('searchbox').fill('nobody@example.org');
    await page.getByText('No entry matches').waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Show all entries' }).click();
    await expect.poll(() => entries(page).count(), SOON).toBe(50);
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('');
    await page.getByLabel('Action').selectOption({ label: 'Member joined' });
    await expect.poll(() => entries(page).count(), SOON).toBe(2);
    await page.getByRole('searchbox').fill(member.email);
    await expect.poll(() => entries(page).count(), SOON).toBe(1);
    await page.waitForURL(/action=member.joined.*search=/);
    await page.reload();
    await entry(page, `${member.email} joined`).waitFor();
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe(member.email);
  });

  it('is exported as far as it is loaded, and nothing in it is a formula', async () => {
    const { page } = await portal.visit('/audit?action=member.joined');
    await entries(page).first().waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export CSV' }).click();
    const csv = await readFile(await (await download).path(), 'utf8');
    const [header, newest, ...others] = csv.split('\r\n');
    expect(header).toBe(
      '"sequence","at","action","actor_kind","actor_id","actor_name","target","sentence","request_id","address","details","hash"',
    );
    expect(newest).toMatch(/^\d+,"[^"]+","member.joined","account",/);
    expect(newest).toContain(`,"'+evil@example.org",`);
    expect(newest).toContain(`,"'+evil@example.org joined the workspace as a member.",`);
    expect(newest).toContain(',"{""role"":""member""}",');
    expect(others).toEqual([expect.stringContaining(portal.person.email), '']);
  });

  it('says that it could not be fetched, and fetches it again', async () => {
    const { page, isAccessible, go } = await portal.visit('/portal/sign-in');
    const log = /\/portal\/api\/workspaces\/[^/]+\/audit\?/;
    await page.route(log, (route) =>
      route.fulfill({ status: 429, json: { code: 429, error: 'Rate Limited' } }),
    );
    await go('/audit');
    await page.getByText('Too many attempts. Try again later.').waitFor();
    await isAccessible();
    await page.unroute(log);
    await page.getByRole('button', { name: 'Try again' }).click();
    await entry(page, 'joined the workspace').first().waitFor();
  });
});

describe('an explained request', () => {
  it('is the one in the address', async () => {
    const { page, isAccessible } = await portal.visit(`/audit?request=${refused}`, { theme: 'dark' });
    await dialog(page).getByText('The key was revoked').waitFor();
    await dialog(page).getByText('GET /v2/jobs').waitFor();
    await dialog(page).getByText('401, reason revoked').waitFor();
    await isAccessible();
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
    expect(page.url()).not.toContain(refused);
  });

  it('is one whose id is entered; of others nothing is known', async () => {
    const { page, isAccessible } = await portal.visit('/audit');
    await page.getByRole('button', { name: 'Explain a request' }).click();
    const field = page.getByLabel('Request id');
    await expect.poll(() => page.locator('input:focus').getAttribute('name')).toBe('request');
    await field.fill('abc');
    await field.press('Enter');
    await page.getByText('Enter the 32 characters').waitFor();
    await expect.poll(() => field.inputValue()).toBe('abc');
    await field.fill(granted);
    await field.press('Enter');
    await page.getByText('Nothing is known of this request').waitFor();
    await isAccessible();
    await field.fill(refused);
    await field.press('Enter');
    await dialog(page).getByText('The key was revoked').waitFor();
  });
});

describe('a member', () => {
  it('is told whom to ask, and still has requests explained', async () => {
    const { page, isAccessible } = await portal.visit('/audit', { person: member, size: 'phone' });
    await page.getByText('Only admins see the audit log').waitFor();
    await page.getByText(`Ask ${portal.person.email} to look something up`).waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Verify the log' }).count()).toBe(0);
    await isAccessible();
    await page.getByRole('button', { name: 'Explain a request' }).click();
    await page.getByLabel('Request id').fill(refused);
    await page.getByLabel('Request id').press('Enter');
    await dialog(page).getByText('The key was revoked').waitFor();
  });
});

describe('the check of the log', () => {
  const end = (page: Page) => dialog(page).locator('code').textContent();

  it('says what it proves, also of an end noted earlier', async () => {
    const { page, isAccessible } = await portal.visit('/audit', { theme: 'dark' });
    await page.getByRole('button', { name: 'Verify the log' }).click();
    const field = page.getByLabel('End of the log you noted earlier');
    await field.fill('17');
    await field.press('Enter');
    await dialog(page).getByText('Enter it as it was shown').waitFor();
    await field.fill('');
    await field.press('Enter');
    await dialog(page)
      .getByText(/All \d+ entries of this installation are as they were written/)
      .waitFor();
    const noted = await end(page);
    expect(noted).toMatch(/^\d+:[0-9a-f]{64}$/);
    await isAccessible();
    await inWorkspace(201, 'POST', '/projects', { name: 'Later' });
    await field.fill(noted ?? '');
    await field.press('Enter');
    await dialog(page).getByText('The end that you noted is still in it').waitFor();
    await field.fill(`1:${'0'.repeat(64)}`);
    await field.press('Enter');
    await dialog(page)
      .getByText('The log was cut off or put back to an older state', { exact: true })
      .waitFor();
  });

  it('finds the entry that was altered', async () => {
    const database = new pg.Client({ connectionString: databaseUrl });
    await database.connect();
    await database.query(`update audit_events set target = 'key_0000000000000000' where sequence = 6`);
    await database.end();
    const { page, isAccessible } = await portal.visit('/audit', { size: 'phone' });
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await dialog(page).getByRole('button', { name: 'Verify', exact: true }).click();
    await dialog(page).getByText('Entry 6 was altered').waitFor();
    await dialog(page).getByText('Entries up to 5 are as they were written').waitFor();
    await isAccessible();
  });
});
