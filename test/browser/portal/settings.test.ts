import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { operate } from '../../helpers/management.ts';
import { join } from '../../helpers/portal.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** What a workspace is called and may use, and how the portal looks. */
const portal = openPortal({
  env: { PARLEY_ENGINE: 'scripted', PARLEY_SUPPORT_CONTACT: 'help@example.test' },
});

const XSS = '<img src=x onerror=alert(1)> & Co';

const nameField = (page: Page) => page.getByRole('form', { name: 'Rename workspace' }).getByLabel('Name');
const factOf = (page: Page, label: string) =>
  page.getByRole('term').filter({ hasText: label }).locator('xpath=following-sibling::dd').textContent();

describe('the name of the workspace', () => {
  it('is changed, and shown as the text it is wherever it stands', async () => {
    const { page } = await portal.visit('/settings');
    await nameField(page).fill(XSS);
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Workspace renamed.').waitFor();
    await page.getByRole('button', { name: XSS }).waitFor();
    await page.getByRole('button', { name: 'Leave workspace' }).click();
    await page.getByRole('dialog', { name: `Leave ${XSS}?` }).waitFor();
    await expect.poll(() => page.locator('img').count()).toBe(0);
  });

  it('is not empty or too long; what was typed outlasts the network and the session', async () => {
    const { page, context, endSession } = await portal.visit('/settings');
    const [name, save] = [nameField(page), page.getByRole('button', { name: 'Save name' })];
    await name.fill('   ');
    await save.click();
    await page.getByText('Enter a name.').waitFor();
    await name.fill('x'.repeat(121));
    await page.getByText('Use at most 120 characters; this has 121.').waitFor();
    await name.fill('Kept');
    await context.setOffline(true);
    await save.click();
    await page.getByText('Parley cannot be reached. Check your connection').waitFor();
    await context.setOffline(false);
    await endSession();
    await save.click();
    await signInAgain(page);
    await expect.poll(() => name.inputValue()).toBe('Kept');
    await save.click();
    await page.getByText('Workspace renamed.').waitFor();
  });

  it('is seen by a member, and changed by admins alone', async () => {
    const person = await join(portal.person);
    const { page, isAccessible } = await portal.visit('/settings', { person });
    await page.getByText('Only admins can rename the workspace.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Save name' }).count()).toBe(0);
    await isAccessible();

    const admin = await join(portal.person, 'admin');
    const late = await portal.visit('/settings', { person: admin });
    await nameField(late.page).fill('Too late');
    const path = `/workspaces/${portal.person.workspaceId}/members/${admin.accountId}`;
    await portal.person.browser.expect(200, 'PATCH', path, { role: 'member' });
    await late.page.getByRole('button', { name: 'Save name' }).click();
    await late.page
      .getByRole('alert')
      .getByText(/only an admin of the workspace may do this/i)
      .waitFor();
  });
});

describe('the page', () => {
  it('shows what the operator agreed, whom to ask, and the ids', async () => {
    const { workspaceId, accountId } = portal.person;
    const { page } = await portal.visit('/settings', { permissions: ['clipboard-read', 'clipboard-write'] });
    await page.getByText('On-demand').waitFor();
    expect(await factOf(page, 'Audio per month')).toBe('No limit');
    const agreed = {
      customer_type: 'enterprise',
      regions: ['eu', 'usa'],
      temporary_keys_enabled: false,
      max_running_jobs: 1_000,
      max_sessions: 5,
      monthly_audio_hours: 12.5,
    };
    const answer = await operate(portal.server, 'PATCH', `/workspaces/${workspaceId}`, agreed);
    expect(answer.status).toBe(200);
    await page.reload();
    await page.getByText('Enterprise').waitFor();
    expect(await factOf(page, 'Regions')).toBe('euusa');
    expect(await factOf(page, 'Temporary keys')).toBe('Not enabled');
    expect(await factOf(page, 'Audio per month')).toBe('12.5 hours');
    expect(await factOf(page, 'Unfinished jobs')).toBe('1,000 at once');
    expect(await factOf(page, 'Live sessions')).toBe('5 at once');
    expect(await factOf(page, 'Version')).toMatch(/^Parley \d+\.\d+\.\d+/);
    expect(await factOf(page, 'Support')).toBe('help@example.test');
    await page.getByText('To change them, contact help@example.test.').waitFor();
    await page.getByRole('button', { name: 'Copy account ID' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(accountId);
    await page.getByRole('button', { name: 'Copy workspace ID' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(workspaceId);
  });

  it('keeps the chosen theme', async () => {
    const { page } = await portal.visit('/settings', { theme: 'light' });
    const background = () =>
      page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
    const light = await background();
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
    expect(await background()).not.toBe(light);
    await page.reload();
    await page.getByRole('radio', { name: 'Dark' }).waitFor();
    await expect.poll(() => page.getByRole('radio', { name: 'Dark' }).isChecked()).toBe(true);
    expect(await background()).not.toBe(light);
  });

  it('tells the only admin why the workspace cannot be left', async () => {
    await join(portal.person);
    const { page } = await portal.visit('/settings');
    await page.getByRole('button', { name: 'Leave workspace' }).click();
    await page.getByRole('dialog', { name: 'You are the only admin' }).waitFor();
  });

  it.each([
    ['light', 'phone'],
    ['dark', 'desktop'],
    ['dark', 'phone'],
  ] as const)('is for everybody: %s, %s', async (theme, size) => {
    const { page, isAccessible } = await portal.visit('/settings', { theme, size });
    await page.getByText('Customer type').waitFor();
    await isAccessible();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
  });
});
