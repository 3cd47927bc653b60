import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../helpers/free-port.ts';
import { leashedDirectory } from '../../helpers/leash.ts';
import { operate } from '../../helpers/management.ts';
import { CLIENT, startOidcProvider } from '../../helpers/oidc-provider.ts';
import {
  API,
  firstInvitation,
  invite,
  join,
  MANY_SIGN_INS,
  newEmail,
  PASSWORD,
  type Person,
  register,
  registerFirst,
  signIn,
} from '../../helpers/portal.ts';
import { startServer } from '../../helpers/server.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** How people come in, are signed in, change their account and end it. */
const portal = openPortal({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_REGISTRATION: 'open',
    PARLEY_SUPPORT_CONTACT: 'help@example.test',
  },
});

const XSS = '<img src=x onerror=alert(1)>';

const password = (page: Page) => page.getByRole('textbox', { name: 'Password', exact: true });

async function fillRegistration(page: Page, person: { name: string; email: string; password: string }) {
  await page.getByLabel('Name').fill(person.name);
  await page.getByLabel('Email').fill(person.email);
  await password(page).fill(person.password);
  await page.getByRole('button', { name: 'Create account' }).click();
}

async function fillSignIn(page: Page, email: string, secret: string): Promise<void> {
  await page.getByLabel('Email').fill(email);
  await password(page).fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const isSignedInAs = (page: Page, name: string) =>
  page.getByRole('button', { name: `Account: ${name}` }).waitFor();

/** The same person at a device of its own. */
async function elsewhere(person: Person): Promise<Person> {
  const userAgent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1';
  return { ...person, browser: await signIn(person, portal.server, { userAgent }) };
}

/** A server of its own, with a provider of accounts. */
async function startWithProvider() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const directory = leashedDirectory('parley-oidc-');
  const secretFile = path.join(directory.path, 'secret');
  await writeFile(secretFile, CLIENT.secret);
  const provider = await startOidcProvider(`${url}${API}/callback/oidc`);
  const server = await startServer({
    env: {
      ...MANY_SIGN_INS,
      PARLEY_ENGINE: 'scripted',
      PARLEY_OIDC_CLIENT_ID: CLIENT.id,
      PARLEY_OIDC_CLIENT_SECRET_FILE: secretFile,
      PARLEY_OIDC_ISSUER: provider.issuer,
      PARLEY_OIDC_NAME: 'Example',
      PARLEY_REGISTRATION: 'open',
      PARLEY_PORTAL_URL: url,
      PARLEY_PORT: String(port),
    },
  });
  onTestFinished(async () => {
    await Promise.all([server.stop(), provider.stop()]);
    await directory.remove();
  });
  return server;
}

const newcomer = (name = 'Nora') => register(portal.server, { name });

describe('registering', () => {
  it('says beside each field what is wrong, and opens a workspace when all is right', async () => {
    const { page, context, isAccessible } = await portal.visit('/portal/register', { person: null });
    await page.getByRole('button', { name: 'Create account' }).click();
    for (const sentence of ['Enter your name.', 'Enter your email.', 'Choose a password.']) {
      await page.getByText(sentence).waitFor();
    }
    await isAccessible();
    await fillRegistration(page, { name: 'x'.repeat(121), email: 'nobody', password: 'short' });
    await page.getByText('Use at most 120 characters; this has 121.').waitFor();
    await page.getByText('Enter an email such as name@example.com.').waitFor();
    await page.getByText('Use at least 8 characters.').waitFor();
    await fillRegistration(page, { name: XSS, email: portal.person.email, password: PASSWORD });
    await page.getByText('An account with this email exists already. Sign in with it.').waitFor();
    await context.setOffline(true);
    await fillRegistration(page, { name: XSS, email: newEmail(), password: PASSWORD });
    await page.getByText('Parley cannot be reached.').waitFor();
    await expect.poll(() => page.getByLabel('Name').inputValue()).toBe(XSS);
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Create account' }).click();
    await isSignedInAs(page, XSS);
    await page.getByRole('button', { name: `${XSS}'s workspace` }).waitFor();
    await expect.poll(() => page.locator('img').count()).toBe(0);
  });

  it('is for whoever has the first link on a new server, and then for the invited', async () => {
    const server = await startServer({ env: { PARLEY_ENGINE: 'scripted', ...MANY_SIGN_INS } });
    onTestFinished(async () => void (await server.stop()));
    const { page, isAccessible, faults } = await portal.visit('/portal/sign-in', { person: null });
    await page.goto(`${server.baseUrl}/portal/sign-in`);
    await page.getByText('Open the link that the server printed').waitFor();
    await isAccessible();
    await page.goto(`${server.baseUrl}/portal/invitation#${await firstInvitation(server)}`);
    await page.getByRole('heading', { name: 'Create the first account' }).waitFor();
    await isAccessible();
    expect(new URL(page.url()).hash).toBe('');
    await fillRegistration(page, { name: 'Owner', email: newEmail(), password: PASSWORD });
    await isSignedInAs(page, 'Owner');
    await page.context().clearCookies();
    await page.goto(`${server.baseUrl}/portal/register`);
    await page.getByText('You need an invitation').waitFor();
    expect(faults).toEqual([]);
  });
});

describe('signing in', () => {
  it('tells nothing of who has an account, and goes where one wanted to go', async () => {
    const { page, isAccessible } = await portal.visit('/members?project=1', { person: null });
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter your password.').waitFor();
    for (const email of ['nobody@example.org', portal.person.email]) {
      await fillSignIn(page, email, 'not the password');
      await page.getByText('The email or the password is wrong.').waitFor();
      await expect.poll(() => page.getByLabel('Email').inputValue()).toBe(email);
    }
    await isAccessible();
    await page.goto(`${portal.server.baseUrl}/portal/workspaces/${portal.person.workspaceId}/members`);
    await fillSignIn(page, portal.person.email, PASSWORD);
    await page.getByRole('heading', { name: 'Members' }).waitFor();
    expect(await page.content()).not.toContain(PASSWORD);
  });

  it('is possible again with a link of the operator, which sets a new password once', async () => {
    const person = await newcomer();
    const answer = await operate(portal.server, 'POST', '/password-resets', { email: person.email });
    const { url } = answer.json<{ url: string }>();
    const link = new URL(url).pathname + new URL(url).hash;
    const { page, isAccessible } = await portal.visit(link, { person: null });
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Choose a password.').waitFor();
    await isAccessible();
    expect(new URL(page.url()).hash).toBe('');
    await page.getByLabel('New password', { exact: true }).last().fill('another long password');
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Every device was signed out.').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await fillSignIn(page, person.email, 'another long password');
    await isSignedInAs(page, 'Nora');
    expect((await person.browser.ask('GET', '/account/devices')).status).toBe(401);

    const late = await portal.visit(link, { person: null });
    await late.page.getByLabel('New password', { exact: true }).last().fill('a third long password');
    await late.page.getByRole('button', { name: 'Change password' }).click();
    await late.page.getByRole('alert').filter({ hasText: /./ }).waitFor();
  });

  it('never leads to another site', async () => {
    const { page } = await portal.visit('/portal/sign-in?next=//example.org/', { person: null });
    await fillSignIn(page, portal.person.email, PASSWORD);
    await isSignedInAs(page, portal.person.name);
    expect(new URL(page.url()).origin).toBe(portal.server.baseUrl);
  });
});

describe('an invitation', () => {
  it('is accepted with the account that one has, and refused for another address', async () => {
    const owner = await newcomer('Olga');
    const person = await newcomer('Nora');
    const link = async (email?: string) =>
      `/portal/invitation#${await invite(owner, email === undefined ? {} : { email })}`;
    const { page, isAccessible, go } = await portal.visit(await link('somebody.else@example.org'), {
      person,
    });
    await page.getByText('This invitation is for somebody.else@example.org.').waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'Join workspace' }).click();
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
    await go('/settings');
    await go(await link());
    await page.getByRole('heading', { name: "Join Olga's workspace" }).waitFor();
    await page.getByRole('button', { name: 'Join workspace' }).click();
    await page.getByRole('button', { name: "Olga's workspace" }).waitFor();
  });

  it('is accepted by whoever signs in on its page', async () => {
    const owner = await newcomer('Olga');
    const person = await newcomer('Nora');
    const { page } = await portal.visit(`/portal/invitation#${await invite(owner)}`, {
      person: null,
      theme: 'dark',
      size: 'phone',
    });
    await page.getByRole('radio', { name: 'I have an account' }).check({ force: true });
    await fillSignIn(page, person.email, PASSWORD);
    await page.getByRole('button', { name: 'Join workspace' }).click();
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: "Olga's workspace" }).waitFor();
  });
});

describe('a provider', () => {
  it('signs in whoever has no password here, and the invitation comes along', async () => {
    const server = await startWithProvider();
    const owner = await registerFirst(server, { name: 'Olga' });
    const { page, faults } = await portal.visit('/portal/sign-in', { person: null });
    await page.goto(`${server.baseUrl}/portal/invitation#${await invite(owner)}`);
    await page.getByRole('button', { name: 'Continue with Example' }).click();
    await page.locator('input[name=login]').fill('ann');
    await page.locator('input[name=password]').fill('anything');
    await page.locator('button[type=submit]').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('You are signed in as ann@example.com.').waitFor();
    // What the provider's own pages complain of.
    faults.length = 0;
    await page.getByRole('button', { name: 'Join workspace' }).click();
    await page.getByRole('button', { name: 'Account: ann of the provider' }).waitFor();
    expect(await page.evaluate('JSON.stringify(sessionStorage)')).not.toMatch(/"parley/);
    await page.goto(`${server.baseUrl}/portal/account`);
    await isSignedInAs(page, 'ann of the provider');
    await expect.poll(() => page.getByText('Present password').count()).toBe(0);
  });
});

describe('a device', () => {
  it('is signed out from another, alone or with all others', async () => {
    const person = await newcomer();
    const { page, isAccessible } = await portal.visit('/portal/account', { person });
    const phone = await portal.visit('/projects', { person: await elsewhere(person) });
    await phone.page.getByRole('button', { name: 'Create project' }).click();
    await phone.page.getByLabel('Name').fill('Half typed');
    await page.reload();
    await page
      .getByRole('row', { name: 'Safari on iPhone' })
      .getByRole('button', { name: 'Sign out' })
      .click();
    await page.getByText('Safari on iPhone is signed out.').waitFor();
    await isAccessible();
    await phone.page.getByRole('button', { name: 'Create project' }).click();
    await signInAgain(phone.page);
    await expect.poll(() => phone.page.getByLabel('Name').inputValue()).toBe('Half typed');

    await page.reload();
    await page.getByRole('button', { name: 'Sign out all others' }).click();
    await page.getByText('All other devices are signed out.').waitFor();
    await phone.page.reload();
    await phone.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('is signed out by its own menu, and nothing of the person is left on the page', async () => {
    const person = await newcomer();
    const { page } = await portal.visit('/members', { person });
    await page.getByRole('button', { name: 'Account: Nora' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.content()).not.toContain(person.email);
    await page.goBack();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

describe('an account', () => {
  it('changes its name, which is text wherever it stands', async () => {
    const person = await newcomer();
    const { page } = await portal.visit('/portal/account', { person });
    const name = page.getByRole('form', { name: 'Profile' }).getByLabel('Name');
    await name.fill('  ');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText('Enter your name.').waitFor();
    await name.fill(XSS);
    await page.getByRole('button', { name: 'Save name' }).click();
    await isSignedInAs(page, XSS);
    await expect.poll(() => page.locator('img').count()).toBe(0);
  });

  it('changes its password, which ends the other devices', async () => {
    const person = await newcomer();
    const other = await elsewhere(person);
    const { page } = await portal.visit('/portal/account', { person });
    const [present, next] = [page.getByLabel('Present password'), page.getByLabel('New password')];
    const change = page.getByRole('button', { name: 'Change password' });
    await change.click();
    await page.getByText('Enter your present password.').waitFor();
    await present.fill(PASSWORD);
    await next.fill('short');
    await page.getByText('Use at least 8 characters.').waitFor();
    await next.fill(PASSWORD);
    await page.getByText('Choose one that differs from the present one.').waitFor();
    await present.fill('not the password');
    await next.fill('another long password');
    await change.click();
    await page.getByText('This is not your present password.').waitFor();
    await expect.poll(() => next.inputValue()).toBe('another long password');
    await present.fill(PASSWORD);
    await change.click();
    await page.getByText('Password changed. Your other devices are signed out.').waitFor();
    await expect.poll(() => present.inputValue()).toBe('');
    expect((await other.browser.ask('GET', '/account/devices')).status).toBe(401);
    await signIn(person, portal.server, { password: 'another long password' });
  });

  it('is deleted with its password, unless a workspace would lose its only admin', async () => {
    const person = await newcomer();
    const member = await join(person);
    const { page, isAccessible } = await portal.visit('/portal/account', { person });
    await page.getByRole('button', { name: 'Delete account' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
    const confirm = dialog.getByRole('button', { name: 'Delete account' });
    await confirm.click();
    await dialog.getByText('Enter your password.').waitFor();
    await isAccessible();
    await password(page).fill('not the password');
    await confirm.click();
    await dialog.getByText('This is not your password.').waitFor();
    await password(page).fill(PASSWORD);
    await confirm.click();
    await dialog.getByText(/a workspace needs an admin/i).waitFor();
    const membership = `/workspaces/${person.workspaceId}/members/${member.accountId}`;
    await person.browser.expect(200, 'PATCH', membership, { role: 'admin' });
    await confirm.click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await fillSignIn(page, person.email, PASSWORD);
    await page.getByText('The email or the password is wrong.').waitFor();
  });

  it.each([
    ['/portal/account', 'light', 'phone'],
    ['/portal/account', 'dark', 'desktop'],
    ['/portal/register', 'dark', 'phone'],
    ['/portal/sign-in', 'dark', 'phone'],
  ] as const)('has pages for everybody: %s, %s, %s', async (path, theme, size) => {
    const person = path === '/portal/account' ? portal.person : null;
    const { page, isAccessible } = await portal.visit(path, { theme, size, person });
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    await isAccessible();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
  });
});
