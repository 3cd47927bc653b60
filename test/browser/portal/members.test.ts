import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { join, newEmail, PASSWORD, type Person, register } from '../../helpers/portal.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** Who is in a workspace, and how people get in and out. */
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted', PARLEY_REGISTRATION: 'open' } });

const XSS = '"><script>alert(1)</script>';

const rowOf = (page: Page, name: string) => page.getByRole('row', { name });

/** A workspace of its own for each test: its list of members is the test's alone. */
const newAdmin = (name = 'Ada'): Promise<Person> => register(portal.server, { name });

async function invite(page: Page, { role = 'Member', email = '' } = {}): Promise<string> {
  await page.getByRole('button', { name: 'Invite member' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(role, { exact: true }).check();
  await dialog.getByLabel('Email').fill(email);
  await dialog.getByRole('button', { name: 'Create link' }).click();
  return page.getByRole('textbox', { name: 'invitation link' }).inputValue();
}

async function choose(page: Page, name: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

describe('an invitation', () => {
  it('lets somebody at another browser in, once', async () => {
    const person = await newAdmin();
    const { page, isAccessible } = await portal.visit('/members', {
      person,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const link = await invite(page);
    await page.getByText('Whoever uses it first joins the workspace as a member.').waitFor();
    await page.getByText('It is good once, for 7 days').waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Copy invitation link' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(link);
    await page.getByRole('button', { name: 'Done' }).click();
    await rowOf(page, 'Anyone with the link').waitFor();
    expect(await page.content()).not.toContain(new URL(link).hash.slice(1));

    const guest = await portal.visit(link.slice(portal.server.baseUrl.length), { person: null });
    await guest.page.getByLabel('Name').fill('Grace');
    await guest.page.getByLabel('Email').fill(newEmail());
    await guest.page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
    await guest.page.getByRole('button', { name: 'Create account' }).click();
    await guest.page.getByRole('button', { name: 'Account: Grace' }).waitFor();
    await page.reload();
    await rowOf(page, 'Grace').getByText('Member').waitFor();
    await expect.poll(() => rowOf(page, 'Anyone with the link').count()).toBe(0);

    const late = await portal.visit(link.slice(portal.server.baseUrl.length), { person: null });
    await late.page.getByText('This invitation is no longer valid').waitFor();
  });

  it('may be for one address alone, and is revoked', async () => {
    const person = await newAdmin();
    const { page, isAccessible } = await portal.visit('/members', { person, theme: 'dark', size: 'phone' });
    const link = await invite(page, { role: 'Admin', email: 'Only@Example.org' });
    await page.getByText('Only the account of Only@Example.org can use it, and joins as an admin.').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Revoke invitation: only@example.org' }).click();
    await isAccessible();
    await page.getByRole('button', { name: 'Revoke invitation', exact: true }).click();
    await page.getByText('No open invitations').waitFor();
    await isAccessible();
    const late = await portal.visit(link.slice(portal.server.baseUrl.length), { person: null });
    await late.page.getByText('This invitation is no longer valid').waitFor();
  });

  it('is not made for what is no address, for a member, or twice for one address', async () => {
    const person = await newAdmin();
    const { page, context, endSession } = await portal.visit('/members', { person });
    await invite(page, { email: 'twice@example.org' });
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Invite member' }).click();
    const dialog = page.getByRole('dialog', { name: 'Invite member' });
    const email = dialog.getByLabel('Email');
    const create = dialog.getByRole('button', { name: 'Create link' });
    await email.fill('no address');
    await create.click();
    await dialog.getByText('Enter an email such as name@example.com.').waitFor();
    await email.fill(person.email.toUpperCase());
    await dialog.getByText('This person is a member already.').waitFor();
    await email.fill('Twice@example.org');
    await dialog.getByText('There is an open invitation for this email.').waitFor();
    await email.fill(`${'x'.repeat(250)}@example.org`);
    await dialog.getByText('Use at most 254 characters; this has 262.').waitFor();

    await email.fill('kept@example.org');
    await context.setOffline(true);
    await create.click();
    await dialog.getByText('Parley cannot be reached.').waitFor();
    await context.setOffline(false);
    await endSession();
    await create.click();
    await signInAgain(page);
    await expect.poll(() => email.inputValue()).toBe('kept@example.org');
    await create.click();
    await page.getByRole('dialog', { name: 'Invitation link' }).waitFor();
  });
});

describe('a member', () => {
  it('becomes an admin, and is removed at once', async () => {
    const admin = await newAdmin();
    const member = await join(admin, 'member', { name: XSS });
    const { page, isAccessible } = await portal.visit('/members', { person: admin });
    await choose(page, XSS, 'Change role');
    await page.getByRole('dialog').getByLabel('Admin', { exact: true }).check();
    await isAccessible();
    await page.getByRole('button', { name: 'Save role' }).click();
    await rowOf(page, XSS).getByText('Admin').waitFor();
    await choose(page, XSS, 'Remove');
    await page
      .getByRole('dialog', { name: `Remove ${XSS}?` })
      .getByText(member.email)
      .waitFor();
    await page.getByRole('button', { name: 'Remove member' }).click();
    await page.getByText('Member removed.').waitFor();
    await page.getByRole('button', { name: 'Invite member' }).waitFor();
    await expect.poll(() => rowOf(page, XSS).count()).toBe(0);
    expect((await member.browser.ask('GET', `/workspaces/${admin.workspaceId}/members`)).status).toBe(404);
  });

  it('sees the list, changes nobody, and may leave', async () => {
    const admin = await newAdmin('Ada');
    const person = await join(admin, 'member', { name: 'Max' });
    const { page, isAccessible } = await portal.visit('/members', { person });
    await rowOf(page, 'Max').getByText('You').waitFor();
    await page.getByText('Only admins can invite people and change roles.').waitFor();
    await isAccessible();
    await expect
      .poll(() => page.getByRole('button', { name: /Invite member|Actions for Ada/ }).count())
      .toBe(0);
    await expect.poll(() => page.getByText('Open invitations').count()).toBe(0);
    await page.getByRole('button', { name: 'Actions for Max' }).click();
    await expect.poll(() => page.getByRole('menuitem').allTextContents()).toEqual(['Leave workspace']);
    await page.getByRole('menuitem', { name: 'Leave workspace' }).click();
    await page.getByRole('button', { name: 'Leave workspace' }).click();
    await page.getByText('You are in no workspace').waitFor();
  });

  it('who is the only admin is told why it stays so', async () => {
    const person = await newAdmin('Ada');
    await join(person, 'member', { name: 'Max' });
    const { page, isAccessible } = await portal.visit('/members', { person });
    for (const action of ['Leave workspace', 'Change role']) {
      await choose(page, 'Ada', action);
      const dialog = page.getByRole('dialog', { name: 'You are the only admin' });
      await dialog.getByText('Make another member an admin first.').waitFor();
      await isAccessible();
      await dialog.getByRole('button', { name: 'Close' }).last().click();
      await dialog.waitFor({ state: 'detached' });
    }
  });

  it('who is the last one leaves only with a word typed', async () => {
    const person = await newAdmin('Ada');
    const { page } = await portal.visit('/members', { person });
    await choose(page, 'Ada', 'Leave workspace');
    const dialog = page.getByRole('dialog', { name: "Leave Ada's workspace?" });
    await dialog.getByText('You are its only member').waitFor();
    await dialog.getByRole('button', { name: 'Leave workspace' }).click();
    await dialog.getByText('Type leave exactly as written.').waitFor();
    await dialog.getByLabel('Type leave to confirm').fill('leave');
    await dialog.getByRole('button', { name: 'Leave workspace' }).click();
    await page.getByText('You are in no workspace').waitFor();
  });

  it('who was changed by another admin meanwhile cannot be changed against the rules', async () => {
    const admin = await newAdmin('Ada');
    const other = await join(admin, 'admin', { name: 'Olga' });
    const { page } = await portal.visit('/members', { person: admin });
    await choose(page, 'Ada', 'Leave workspace');
    const path = `/workspaces/${admin.workspaceId}/members/${other.accountId}`;
    await admin.browser.expect(200, 'PATCH', path, { role: 'member' });
    const dialog = page.getByRole('dialog', { name: 'Leave' });
    await dialog.getByRole('button', { name: 'Leave workspace' }).click();
    await dialog.getByText(/a workspace needs an admin/i).waitFor();
    expect(await page.url()).toContain('/members');
  });
});
