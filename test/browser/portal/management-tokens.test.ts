import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { ask } from '../../helpers/api.ts';
import { join } from '../../helpers/portal.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** Tokens by which programs administer a workspace: made, shown once, listed, revoked. */
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted' } });

const XSS = '<svg onload=alert(1)>';

const rowOf = (page: Page, name: string) => page.getByRole('row', { name });

async function openCreate(page: Page, name: string, permissions: readonly string[]) {
  await page.getByRole('button', { name: 'Create management token' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create management token' });
  await dialog.getByLabel('Name').fill(name);
  for (const permission of permissions) await dialog.getByLabel(permission, { exact: true }).check();
  return dialog;
}

/** A token made without the page. */
const makeToken = async (name: string): Promise<string> => {
  const { browser, workspaceId } = portal.person;
  const body = { name, permissions: ['projects:view'] };
  const path = `/workspaces/${workspaceId}/management-tokens`;
  return (await browser.expect<{ token_id: string }>(201, 'POST', path, body)).token_id;
};

describe('a management token', () => {
  it('is shown once, does what it may, and is revoked', async () => {
    const { page, isAccessible } = await portal.visit('/management-tokens');
    const dialog = await openCreate(page, 'Key rotation', ['projects:view', 'api-keys:view']);
    await isAccessible();
    await dialog.getByRole('button', { name: 'Create token' }).click();
    const value = page.getByRole('textbox', { name: 'management token' });
    const token = await value.inputValue();
    expect(token).toMatch(/^plym_\w{30,}$/);
    await isAccessible();
    await page.getByRole('button', { name: 'Done' }).click();
    await value.waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(token);
    expect(
      await page.evaluate('JSON.stringify([localStorage, sessionStorage, location.href])'),
    ).not.toContain(token);

    const row = rowOf(page, 'Key rotation');
    await row.getByText(`${token.slice(0, 9)}…`).waitFor();
    await expect
      .poll(() => row.getByRole('listitem').allTextContents())
      .toEqual(['projects:view', 'api-keys:view']);
    const projects = () => ask(portal.server, '/v1/projects', { key: token });
    expect((await projects()).status).toBe(200);
    await page.getByRole('button', { name: 'Revoke Key rotation' }).click();
    await page.getByRole('dialog', { name: 'Revoke Key rotation?' }).waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await page.getByText('Management token revoked.').waitFor();
    await page.getByRole('button', { name: 'Create management token' }).waitFor();
    await row.waitFor({ state: 'detached' });
    expect((await projects()).status).toBe(401);
  });

  it('needs a name that fits and a permission; what was typed outlasts the network and the session', async () => {
    const { page, context, endSession } = await portal.visit('/management-tokens');
    const dialog = await openCreate(page, '', []);
    const [name, create] = [dialog.getByLabel('Name'), dialog.getByRole('button', { name: 'Create token' })];
    await create.click();
    await dialog.getByText('Enter a name.').waitFor();
    await dialog.getByText('Choose at least one permission.').waitFor();
    await name.fill('x'.repeat(121));
    await dialog.getByText('Use at most 120 characters; this has 121.').waitFor();
    await name.fill('Kept');
    await dialog.getByLabel('api-keys:create', { exact: true }).check();
    await expect.poll(() => dialog.getByText('Choose at least one permission.').count()).toBe(0);

    await context.setOffline(true);
    await create.click();
    await dialog.getByText('Parley cannot be reached.').waitFor();
    await context.setOffline(false);
    await endSession();
    await create.click();
    await signInAgain(page);
    await expect.poll(() => name.inputValue()).toBe('Kept');
    await expect.poll(() => dialog.getByLabel('api-keys:create', { exact: true }).isChecked()).toBe(true);
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url());
    });
    await create.dblclick();
    await page.getByRole('textbox', { name: 'management token' }).waitFor();
    expect(sent).toHaveLength(1);
  });

  it('has its name shown as the text it is, and may have been revoked by somebody else', async () => {
    const id = await makeToken(XSS);
    const { page } = await portal.visit('/management-tokens', { theme: 'dark', size: 'phone' });
    await page.getByRole('button', { name: `Revoke ${XSS}` }).click();
    await page.getByRole('dialog', { name: `Revoke ${XSS}?` }).waitFor();
    await expect.poll(() => page.locator('svg[onload]').count()).toBe(0);
    const { browser, workspaceId } = portal.person;
    await browser.expect(200, 'DELETE', `/workspaces/${workspaceId}/management-tokens/${id}`);
    await page.getByRole('button', { name: 'Revoke token' }).click();
    await page
      .getByRole('alert')
      .getByText(/management token not found/i)
      .waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Create management token' }).waitFor();
    await expect.poll(() => rowOf(page, XSS).count()).toBe(0);
  });
});

describe('the page', () => {
  it.each([
    ['light', 'phone'],
    ['dark', 'desktop'],
  ] as const)('is for everybody: %s, %s', async (theme, size) => {
    await makeToken('Terraform');
    const { page, isAccessible } = await portal.visit('/management-tokens', { theme, size });
    await rowOf(page, 'Terraform').first().waitFor();
    await page.getByRole('tab', { name: 'Python' }).click();
    await page.getByText(`"${portal.server.baseUrl}/v1/projects",`).waitFor();
    await isAccessible();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
  });

  it('tells a member that tokens are for admins, and asks for none', async () => {
    const person = await join(portal.person);
    const { page, isAccessible, go } = await portal.visit('/settings', { person });
    const asked: string[] = [];
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname));
    await go('/management-tokens');
    await page.getByText('Only admins see management tokens').waitFor();
    await isAccessible();
    await expect.poll(() => page.getByRole('button', { name: 'Create management token' }).count()).toBe(0);
    expect(asked.filter((path) => path.endsWith('/management-tokens') && path.includes('/api/'))).toEqual([]);
  });

  it('tells whoever was an admin a moment ago that only admins may', async () => {
    const person = await join(portal.person, 'admin');
    const { page } = await portal.visit('/management-tokens', { person });
    const dialog = await openCreate(page, 'Too late', ['projects:view']);
    const { browser, workspaceId } = portal.person;
    const path = `/workspaces/${workspaceId}/members/${person.accountId}`;
    await browser.expect(200, 'PATCH', path, { role: 'member' });
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog
      .getByRole('alert')
      .getByText(/only an admin of the workspace may do this/i)
      .waitFor();
  });
});
