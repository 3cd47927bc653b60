import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { ask } from '../../helpers/api.ts';
import { join, projectOf, register } from '../../helpers/portal.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { joinServer, type RunningServer } from '../../helpers/server.ts';
import { codeIn, placesOf, runCode, XSS } from './keys.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** API keys, from the first to the last that anybody sees of them. */
const database = await newDatabase();
const portal = openPortal({
  env: {
    PARLEY_ENGINE: 'scripted',
    PARLEY_REGISTRATION: 'open',
    PARLEY_DATABASE_URL: database,
  },
});

/** What the scripted engine hears in the recording. */
const TRANSCRIPT = /one two/;

interface Key {
  readonly apikey_id: string;
  readonly name: string;
  readonly client_ref?: string;
  readonly expires_at?: string;
  readonly rotated_from?: string;
  readonly keep_serving_hours: number;
}

/** A workspace of its own for each test: its list of keys is the test's alone. */
const newPerson = () => register(portal.server, { name: 'Ada' });
type Owner = Awaited<ReturnType<typeof newPerson>>;

const keysOf = ({ browser, workspaceId }: Owner): Promise<Key[]> =>
  browser.expect<Key[]>(200, 'GET', `/workspaces/${workspaceId}/api-keys`);

async function makeKey(owner: Owner, name: string, properties: object = {}): Promise<string> {
  const body = { project_id: await projectOf(owner), name, ...properties };
  const path = `/workspaces/${owner.workspaceId}/api-keys`;
  return (await owner.browser.expect<{ key_value: string }>(201, 'POST', path, body)).key_value;
}

const statusWith = async (key: string) => (await ask(portal.server, '/v2/jobs', { key })).status;

const dialogOf = (page: Page) => page.getByRole('dialog');

async function openForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create API key' }).click();
  await dialogOf(page).getByLabel('Name').waitFor();
}

const submit = (page: Page) => dialogOf(page).getByRole('button', { name: 'Create API key' }).click();
const shownKey = (page: Page) => page.getByRole('textbox', { name: 'API key', exact: true }).inputValue();

async function choose(page: Page, key: string, action: 'Rotate' | 'Revoke'): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${key}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

describe('a new key', () => {
  it('is shown once, works, and is left nowhere', async () => {
    const person = await newPerson();
    const { page, isAccessible } = await portal.visit('/api-keys', {
      person,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByText('No API keys yet').waitFor();
    await isAccessible();
    await openForm(page);
    await isAccessible();
    const dialog = dialogOf(page);
    await dialog.getByLabel('Name').fill(XSS);
    await dialog.getByLabel('Expires').selectOption('In 90 days');
    await dialog.getByText('More', { exact: true }).click();
    await dialog.getByLabel('client_ref').fill(XSS);
    await dialog.getByLabel('Keep serving').fill('3');
    await submit(page);

    const value = await shownKey(page);
    expect(value).toMatch(/^ply_[0-9A-Za-z]{39}$/);
    expect(await codeIn(dialog, 'curl')).toContain(`Bearer ${value}`);
    await isAccessible();
    await page.getByRole('button', { name: 'Copy API key' }).click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(value);
    await page.keyboard.press('Escape');
    expect(await shownKey(page)).toBe(value);
    await page.getByRole('button', { name: 'I have stored the key' }).click();

    const row = page.getByRole('row', { name: XSS });
    await row.waitFor();
    await expect.poll(() => row.getByText(XSS, { exact: true }).count()).toBe(2);
    await row.getByText(`${value.slice(0, 8)}…`).waitFor();
    expect(await placesOf(page)).not.toContain(value.slice(8));
    await page.goBack().then(() => page.goForward());
    expect(await placesOf(page)).not.toContain(value.slice(8));
    expect(await statusWith(value)).toBe(200);
    const [key] = await keysOf(person);
    expect(key).toMatchObject({ name: XSS, client_ref: XSS, keep_serving_hours: 3 });
    expect(Date.parse(key?.expires_at ?? '') - Date.now()).toBeCloseTo(90 * 86_400_000, -6);
  });

  it('is made by keyboard alone, from the address that other pages lead to', async () => {
    const person = await newPerson();
    const { page } = await portal.visit('/api-keys?new=yes', { person });
    await dialogOf(page).getByLabel('Name').waitFor();
    await page.keyboard.type('Recorder');
    await page.keyboard.press('Enter');
    await dialogOf(page).getByText('I have stored the key').waitFor();
    await pressUntil(page, 'I have stored the key');
    await page.keyboard.press('Enter');
    await page.getByRole('row', { name: 'Recorder' }).waitFor();
    expect(new URL(page.url()).search).toBe('');
    await pressUntil(page, 'Create API key');
    await page.keyboard.press('Enter');
    await dialogOf(page).waitFor();
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Create API key');
  });

  it('belongs to the project that was chosen, and a member may make it', async () => {
    const admin = await newPerson();
    const path = `/workspaces/${admin.workspaceId}/projects`;
    await admin.browser.expect(201, 'POST', path, { name: 'Archive' });
    const person = await join(admin);
    const { page } = await portal.visit('/api-keys', {
      person: { ...person, workspaceId: admin.workspaceId },
    });
    await openForm(page);
    await dialogOf(page).getByLabel('Name').fill('Reader');
    await dialogOf(page).getByLabel('Project').selectOption('Archive');
    await submit(page);
    await page.getByRole('button', { name: 'I have stored the key' }).click();
    await page.getByRole('row', { name: 'Reader' }).getByText('Archive').waitFor();
    await page.getByRole('main').getByLabel('Project').selectOption('Default project');
    await page.getByText('No API keys in this project').waitFor();
  });
});

/** Tab, as often as it takes to come to a button. */
async function pressUntil(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if ((await page.evaluate('document.activeElement.textContent')) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`no number of tabs leads to ${name}`);
}

describe('the form of a new key', () => {
  it('says beside the field what is wrong, and sends nothing', async () => {
    const person = await newPerson();
    const { page, isAccessible } = await portal.visit('/api-keys', { person });
    await openForm(page);
    const dialog = dialogOf(page);
    await submit(page);
    await dialog.getByText('Enter a name.').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('name');
    await dialog.getByLabel('Name').fill('n'.repeat(121));
    await dialog.getByText('Use at most 120 characters; this has 121.').waitFor();
    await dialog.getByLabel('Name').fill('n'.repeat(120));
    await dialog.getByLabel('Expires').selectOption('On a day of your choice');
    await dialog.getByLabel('Day and time').fill('2020-01-01T12:00');
    await dialog.getByText('Enter a time in the future.').waitFor();
    await dialog.getByText('More', { exact: true }).click();
    await dialog.getByLabel('client_ref').fill('r'.repeat(257));
    await dialog.getByLabel('Keep serving').fill('169');
    await submit(page);
    await dialog.getByText('Use at most 256 characters; this has 257.').waitFor();
    await dialog.getByText('Enter a whole number from 0 to 168.').waitFor();
    await isAccessible();
    expect(await keysOf(person)).toEqual([]);
  });

  it('keeps what was typed when the server cannot be reached, and makes one key however often one presses', async () => {
    const person = await newPerson();
    const { page, context, faults } = await portal.visit('/api-keys', { person });
    await openForm(page);
    await dialogOf(page).getByLabel('Name').fill('Recorder');
    await context.setOffline(true);
    await submit(page);
    await dialogOf(page).getByText('Parley cannot be reached').waitFor();
    await context.setOffline(false);
    await expect.poll(() => dialogOf(page).getByLabel('Name').inputValue()).toBe('Recorder');
    await dialogOf(page).getByRole('button', { name: 'Create API key' }).dblclick();
    await page.getByText('API key created').waitFor();
    // As the second press does when the answer is there before it.
    await page.getByRole('button', { name: 'I have stored the key' }).dispatchEvent('click', { detail: 2 });
    expect(await shownKey(page)).toMatch(/^ply_/);
    expect(await keysOf(person)).toHaveLength(1);
    faults.length = 0; // Chromium tells of requests that found no network
  });

  it('goes on where it was when the session had run out', async () => {
    const person = await newPerson();
    const { page, endSession } = await portal.visit('/api-keys', { person });
    await openForm(page);
    await dialogOf(page).getByLabel('Name').fill('Recorder');
    await endSession();
    await submit(page);
    await signInAgain(page);
    const form = page.getByRole('dialog', { name: 'Create an API key' });
    await expect.poll(() => form.getByLabel('Name').inputValue()).toBe('Recorder');
    await form.getByRole('button', { name: 'Create API key' }).click();
    expect(await shownKey(page)).toMatch(/^ply_/);
  });
});

describe('a rotation', () => {
  it('gives a new key, and the old one goes on until the grace is over', async () => {
    const person = await newPerson();
    const old = await makeKey(person, 'Recorder', { client_ref: 'USER123' });
    const { page, isAccessible } = await portal.visit('/api-keys', { person, theme: 'dark' });
    await choose(page, 'Recorder', 'Rotate');
    await page.getByText('Until the old one stops, both work.').waitFor();
    await page.getByLabel('In 1 hour').check();
    await isAccessible();
    await page.getByRole('button', { name: 'Rotate key' }).click();
    const value = await shownKey(page);
    await page.getByText(`The old key, ${old.slice(0, 8)}…, goes on until`).waitFor();
    await isAccessible();
    await page.getByRole('button', { name: 'I have stored the key' }).click();
    await page.getByText(`Replaced by ${value.slice(0, 8)}…`).waitFor();
    await page.getByText(`Replaces ${old.slice(0, 8)}…`).waitFor();
    expect(await placesOf(page)).not.toContain(value.slice(8));
    expect([await statusWith(old), await statusWith(value)]).toEqual([200, 200]);
    const keys = await keysOf(person);
    const replaced = keys.find(({ rotated_from }) => rotated_from === undefined);
    expect(keys.map(({ client_ref }) => client_ref)).toEqual(['USER123', 'USER123']);
    expect(Date.parse(replaced?.expires_at ?? '') - Date.now()).toBeCloseTo(3_600_000, -5);
    await page.getByRole('button', { name: `Actions for Recorder, ${old.slice(0, 8)}` }).click();
    await page.getByRole('menuitem', { name: 'Rotate', disabled: true }).waitFor();
  });

  it('stops the old key at once when that is asked for, and gives the new one a later end', async () => {
    const person = await newPerson();
    const old = await makeKey(person, 'Recorder', {
      expires_at: new Date(Date.now() + 86_400_000).toISOString(),
    });
    const { page } = await portal.visit('/api-keys', { person });
    await page.getByText('Expires soon').waitFor();
    await choose(page, 'Recorder', 'Rotate');
    await page.getByLabel('Now', { exact: true }).check();
    await page.getByLabel('The new key expires').selectOption('In a year');
    await page.getByRole('button', { name: 'Rotate key' }).click();
    const value = await shownKey(page);
    await page.getByText('has stopped.').waitFor();
    await expect.poll(() => statusWith(old)).toBe(401);
    expect(await statusWith(value)).toBe(200);
    const successor = (await keysOf(person)).find(({ rotated_from }) => rotated_from !== undefined);
    expect(Date.parse(successor?.expires_at ?? '') - Date.now()).toBeCloseTo(365 * 86_400_000, -6);
  });

  it('says when somebody else was faster', async () => {
    const person = await newPerson();
    await makeKey(person, 'Recorder');
    const { page } = await portal.visit('/api-keys', { person });
    await choose(page, 'Recorder', 'Rotate');
    const [key] = await keysOf(person);
    const path = `/workspaces/${person.workspaceId}/api-keys/${key?.apikey_id}/rotate`;
    await person.browser.expect(201, 'POST', path, {});
    await page.getByRole('button', { name: 'Rotate key' }).click();
    await page.getByText('this API key has been rotated already').waitFor();
  });
});

describe('a revocation', () => {
  const others: RunningServer[] = [];
  afterAll(async () => {
    for (const other of others) {
      other.kill('SIGCONT');
      await other.stop();
    }
  });

  it('is asked for first, and then seen to reach every node', async () => {
    const person = await newPerson();
    const value = await makeKey(person, 'Recorder');
    await statusWith(value);
    const { page, isAccessible } = await portal.visit('/api-keys', { person, size: 'phone' });
    await choose(page, 'Recorder', 'Revoke');
    await page.getByText('This cannot be undone.').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    await isAccessible();
    await page.keyboard.press('Enter');
    await dialogOf(page).waitFor({ state: 'detached' });
    expect(await statusWith(value)).toBe(200);

    await choose(page, 'Recorder', 'Revoke');
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText('Done. Every node has acknowledged').waitFor();
    expect(await statusWith(value)).toBe(401);
    expect(
      await dialogOf(page)
        .getByRole('row', { name: 'EU1' })
        .getByText('Acknowledged', { exact: true })
        .count(),
    ).toBe(1);
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByRole('button', { name: 'Close' }).last().click();
    await page.getByText('No API keys yet').waitFor();
  });

  it('waits for a node that does not answer, until that one is cut off', async () => {
    const person = await newPerson();
    await makeKey(person, 'Recorder');
    const other = await joinServer(portal.server, {
      PARLEY_ENGINE: 'scripted',
      PARLEY_DATABASE_URL: database,
    });
    others.push(other);
    const { page, isAccessible } = await portal.visit('/api-keys', { person });
    await choose(page, 'Recorder', 'Revoke');
    other.kill('SIGSTOP');
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText(/Waiting for [12] of 2 nodes/).waitFor();
    await dialogOf(page).getByRole('row', { name: 'EU1' }).getByText('Waiting', { exact: true }).waitFor();
    await isAccessible();
    await page.getByText('Done. Not heard of: 1 node.').waitFor();
    await expect.poll(() => dialogOf(page).getByText('silent').count()).toBeGreaterThan(0);
  });

  it('says why it failed, and revokes when one tries again', async () => {
    const person = await newPerson();
    await makeKey(person, 'Recorder');
    const { page, context, faults } = await portal.visit('/api-keys', { person });
    await choose(page, 'Recorder', 'Revoke');
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await dialogOf(page).getByText('Parley cannot be reached').waitFor();
    await context.setOffline(false);
    await page.getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText('“Recorder” is revoked').waitFor();
    expect(await keysOf(person)).toEqual([]);
    faults.length = 0; // Chromium tells of requests that found no network
  });
});

describe('the code for a key', () => {
  it('runs as it is pasted, for batch and for real time', async () => {
    const person = await newPerson();
    const { page } = await portal.visit('/api-keys', { person });
    const main = page.getByRole('main');
    expect(await codeIn(main, 'JavaScript')).toContain("apiKey: 'YOUR_API_KEY'");
    await openForm(page);
    await dialogOf(page).getByLabel('Name').fill('Recorder');
    await submit(page);
    await shownKey(page);
    const dialog = dialogOf(page);
    const batch = [await codeIn(dialog, 'curl'), await codeIn(dialog, 'JavaScript')] as const;
    expect(await codeIn(dialog, 'Python')).toContain(`url="${portal.server.baseUrl}/v2"`);
    await dialog.getByRole('radio', { name: 'Real time' }).check();
    const live = [await codeIn(dialog, 'curl'), await codeIn(dialog, 'JavaScript')] as const;
    const [byCurl, byClient, minted, heard] = await Promise.all([
      runCode('curl', batch[0]),
      runCode('JavaScript', batch[1]),
      runCode('curl', live[0]),
      runCode('JavaScript', live[1]),
    ]);
    expect(byCurl).toMatch(TRANSCRIPT);
    expect(byClient).toMatch(TRANSCRIPT);
    expect(JSON.parse(minted)).toMatchObject({ key_value: expect.stringMatching(/^eyJ/) });
    expect(heard).toMatch(TRANSCRIPT);
  });
});

describe('the list', () => {
  it('is found by name, and reads well on a phone in the dark', async () => {
    const person = await newPerson();
    for (let number = 1; number <= 8; number += 1) await makeKey(person, `Recorder ${number}`);
    const { page, isAccessible } = await portal.visit('/api-keys', { person, size: 'phone', theme: 'dark' });
    await page.getByRole('row', { name: 'Recorder 8' }).waitFor();
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByLabel('Search API keys').fill('recorder 3');
    await page.getByRole('row', { name: 'Recorder 8' }).waitFor({ state: 'detached' });
    await page.getByRole('row', { name: 'Recorder 3' }).waitFor();
    await page.getByLabel('Search API keys').fill('nobody');
    await page.getByText('No key has this name').waitFor();
  });
});
