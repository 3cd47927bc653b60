import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { ask, endOfJob, submitSpeech } from '../../helpers/api.ts';
import { join, mintInPortal, projectOf } from '../../helpers/portal.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal } from './visit.ts';

/** The page of projects, and what it does for their end users. */
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted' } });

const XSS = '<img src=x onerror=alert(1)>';

const rowOf = (page: Page, name: string) => page.getByRole('row', { name });

async function openCreate(page: Page) {
  await page.getByRole('button', { name: 'Create project' }).click();
  return page.getByRole('dialog', { name: 'Create project' });
}

async function choose(page: Page, project: string, action: 'Rename' | 'Delete'): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${project}` }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

async function tabTo(page: Page, control: Locator): Promise<void> {
  await control.waitFor();
  for (let tabs = 0; tabs < 8 && !(await control.evaluate((one) => one.matches(':focus'))); tabs += 1) {
    await page.keyboard.press('Tab');
  }
}

/** What lies under a dialog cannot be found by its role. */
async function isGone(page: Page, name: string): Promise<void> {
  await page.getByText('Project deleted.').waitFor();
  await page.getByRole('button', { name: 'Create project' }).waitFor();
  await expect.poll(() => rowOf(page, name).count()).toBe(0);
}

/** Another project, made without the page. */
const makeProject = async (name: string): Promise<number> => {
  const { browser, workspaceId } = portal.person;
  const path = `/workspaces/${workspaceId}/projects`;
  return (await browser.expect<{ project_id: number }>(201, 'POST', path, { name })).project_id;
};

describe('a project', () => {
  it('is created, renamed and deleted, each with its keys in view', async () => {
    const { page, isAccessible } = await portal.visit('/projects');
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('  Mobile app ');
    await dialog.getByLabel('Description').fill('Dictation on phones');
    await isAccessible();
    await dialog.getByRole('button', { name: 'Create project' }).click();
    await rowOf(page, 'Mobile app').getByText('Dictation on phones').waitFor();

    await choose(page, 'Mobile app', 'Rename');
    await page.getByRole('dialog').getByLabel('Name').fill('Phones');
    await page.getByRole('button', { name: 'Rename' }).click();
    await rowOf(page, 'Phones').waitFor();
    await isAccessible();

    const id = Number(await rowOf(page, 'Phones').getByRole('cell').first().textContent());
    const { browser, workspaceId } = portal.person;
    const { key_value: key } = await browser.expect<{ key_value: string }>(
      201,
      'POST',
      `/workspaces/${workspaceId}/api-keys`,
      { project_id: id, name: 'Backend' },
    );
    await page.reload();
    await rowOf(page, 'Phones').getByRole('link', { name: '1 key of Phones' }).waitFor();
    await choose(page, 'Phones', 'Delete');
    await page.getByText('its API key', { exact: true }).waitFor();
    await isAccessible();
    await page.getByLabel('Type Phones to confirm').fill('phones');
    await page.getByRole('button', { name: 'Delete project' }).click();
    await page.getByText('Type Phones exactly as written.').waitFor();
    await page.getByLabel('Type Phones to confirm').fill('Phones');
    await page.getByRole('button', { name: 'Delete project' }).click();
    await isGone(page, 'Phones');
    expect((await ask(portal.server, '/v2/jobs', { key })).status).toBe(401);
  });

  it('that is the default one stays, and says why', async () => {
    const { page } = await portal.visit('/projects');
    await choose(page, 'Default project', 'Delete');
    await page.getByRole('dialog', { name: 'The default project stays' }).waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Delete project' }).count()).toBe(0);
  });

  it('is not named by nothing, by too much, or like another; each is said beside the field', async () => {
    const { page } = await portal.visit('/projects');
    const dialog = await openCreate(page);
    const [name, create] = [
      dialog.getByLabel('Name'),
      dialog.getByRole('button', { name: 'Create project' }),
    ];
    const described = async () => {
      const id = (await name.getAttribute('aria-describedby'))?.split(' ')[0] ?? '';
      return page.locator(`[id="${id}"]`).textContent();
    };
    await create.click();
    expect(await described()).toBe('Enter a name.');
    expect(await name.evaluate((input) => input === input.ownerDocument.activeElement)).toBe(true);
    await name.fill('x'.repeat(121));
    expect(await described()).toBe('Use at most 120 characters; this has 121.');
    await name.fill('default  PROJECT');
    expect(await described()).toBe('A project of this name exists already. Choose another name.');
    await name.fill('Fine');
    await dialog.getByLabel('Description').fill('y'.repeat(1_001));
    await create.click();
    await dialog.getByText('Use at most 1000 characters; this has 1001.').waitFor();
  });

  it('is sent once, however often the button is pressed', async () => {
    const { page } = await portal.visit('/projects');
    const sent: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(request.url());
    });
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Pressed twice');
    await dialog.getByRole('button', { name: 'Create project' }).dblclick();
    await rowOf(page, 'Pressed twice').waitFor();
    expect(sent).toHaveLength(1);
  });

  it('keeps what was typed while the network is away and when the session has run out', async () => {
    const { page, context, endSession } = await portal.visit('/projects');
    const dialog = await openCreate(page);
    const create = dialog.getByRole('button', { name: 'Create project' });
    await dialog.getByLabel('Name').fill('Kept');
    await context.setOffline(true);
    await create.click();
    await dialog.getByText('Parley cannot be reached. Check your connection and try again.').waitFor();
    await context.setOffline(false);
    await endSession();
    await create.click();
    await signInAgain(page);
    await expect.poll(() => dialog.getByLabel('Name').inputValue()).toBe('Kept');
    await create.click();
    await rowOf(page, 'Kept').waitFor();
  });

  it('shows a name that is markup as the text it is', async () => {
    await makeProject(XSS);
    const { page } = await portal.visit('/projects');
    await rowOf(page, XSS).waitFor();
    await choose(page, XSS, 'Delete');
    await page.getByRole('dialog', { name: `Delete ${XSS}?` }).waitFor();
    await page.getByLabel(`Type ${XSS} to confirm`).fill(XSS);
    await expect.poll(() => page.locator('img').count()).toBe(0);
    await page.getByRole('button', { name: 'Delete project' }).click();
    await isGone(page, XSS);
  });

  it('is created and renamed by keyboard alone, and the focus comes back', async () => {
    const { page } = await portal.visit('/projects');
    const focused = () =>
      page.evaluate<string>(
        'document.activeElement.textContent || document.activeElement.getAttribute("aria-label")',
      );
    await page.getByRole('button', { name: 'Create project' }).focus();
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('dialog').getByLabel('Name'));
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await rowOf(page, 'By keyboard').waitFor();
    expect(await focused()).toBe('Create project');

    await page.getByRole('button', { name: 'Actions for By keyboard' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Rename' }).waitFor();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Rename project' });
    await tabTo(page, dialog.getByLabel('Name'));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused()).toBe('Actions for By keyboard');
  });
});

describe('a member', () => {
  it('sees the projects and changes nothing', async () => {
    const person = await join(portal.person);
    const { page, isAccessible } = await portal.visit('/projects', { person });
    await rowOf(page, 'Default project').waitFor();
    await page.getByText('Only admins of the workspace can change projects.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: /Create project|Actions for/ }).count()).toBe(0);
    await expect.poll(() => page.getByRole('heading', { name: 'End users' }).count()).toBe(0);
    await isAccessible();
  });

  it('who was an admin a moment ago is told that only admins may', async () => {
    const person = await join(portal.person, 'admin');
    const { page } = await portal.visit('/projects', { person });
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Too late');
    const { browser, workspaceId } = portal.person;
    await browser.expect(200, 'PATCH', `/workspaces/${workspaceId}/members/${person.accountId}`, {
      role: 'member',
    });
    await dialog.getByRole('button', { name: 'Create project' }).click();
    await dialog
      .getByRole('alert')
      .getByText(/only an admin of the workspace may do this/i)
      .waitFor();
    await expect.poll(() => dialog.getByLabel('Name').inputValue()).toBe('Too late');
  });
});

describe('an end user', () => {
  const startFor = async (
    page: Page,
    clientRef: string,
    action: 'End its temporary keys' | 'Erase everything',
  ) => {
    await page.getByLabel('client_ref').fill(clientRef);
    await page.getByLabel(action).check();
    await page.getByRole('button', { name: /^(End temporary keys|Erase end user)…$/ }).click();
  };

  it('whose phone was stolen is ended, and the receipt says where', async () => {
    const projectId = await projectOf(portal.person);
    const key = await mintInPortal(portal.person, projectId, { client_ref: 'USER123' });
    expect((await ask(portal.server, '/v2/jobs', { key })).status).toBe(200);
    const { page, isAccessible } = await portal.visit('/projects');
    await startFor(page, 'USER123', 'End its temporary keys');
    const confirm = page.getByRole('dialog', { name: 'End USER123?' });
    await confirm.getByText('Nothing was transcribed for this client_ref').waitFor();
    await isAccessible();
    await confirm.getByRole('button', { name: 'End temporary keys' }).click();
    const receipt = page.getByRole('dialog', { name: 'Temporary keys of USER123 ended' });
    await receipt.getByText('Done in all environments.').waitFor();
    await receipt.getByRole('listitem').filter({ hasText: 'EU1' }).getByText('Done').waitFor();
    await isAccessible();
    expect((await ask(portal.server, '/v2/jobs', { key })).status).toBe(401);
    await receipt.getByRole('button', { name: 'Close' }).last().click();
    await expect.poll(() => page.getByLabel('client_ref').inputValue()).toBe('');
  });

  it('is suggested from usage, and erased with all it has', async () => {
    const projectId = await projectOf(portal.person);
    const key = await mintInPortal(portal.person, projectId, { client_ref: 'forget me' });
    const job = await submitSpeech(portal.server, key);
    await endOfJob(portal.server, key, job);
    const { page } = await portal.visit('/projects', { theme: 'dark', size: 'phone' });
    await page.getByLabel('client_ref').focus();
    await page.locator('datalist option[value="forget me"]').waitFor({ state: 'attached' });
    await startFor(page, 'forget me', 'Erase everything');
    const confirm = page.getByRole('dialog', { name: 'Erase forget me?' });
    await expect.poll(() => confirm.getByText('Nothing was transcribed').count()).toBe(0);
    await confirm.getByRole('button', { name: 'Erase everything' }).click();
    await confirm.getByText('Type forget me exactly as written.').waitFor();
    await confirm.getByLabel('Type forget me to confirm').fill('forget me');
    await confirm.getByRole('button', { name: 'Erase everything' }).click();
    await page
      .getByRole('dialog', { name: 'Erased forget me' })
      .getByText('Done in all environments.')
      .waitFor();
    const later = await mintInPortal(portal.person, projectId, { client_ref: 'forget me' });
    expect((await ask(portal.server, `/v2/jobs/${job}`, { key: later })).status).toBe(404);
  });

  it('is not named by nothing, by spaces, or by what an address cannot hold', async () => {
    const { page } = await portal.visit('/projects');
    const wrong = [
      ['', 'Enter a client_ref.'],
      ['USER123 ', 'Remove the space at the start or the end.'],
      ['..', 'The portal cannot name this end user. Use the Management API.'],
      ['u'.repeat(257), 'Use at most 256 characters; this has 257.'],
    ] as const;
    for (const [clientRef, sentence] of wrong) {
      await startFor(page, clientRef, 'Erase everything');
      await page.getByText(sentence).waitFor();
    }
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });
});

describe('the page', () => {
  it.each([
    ['light', 'desktop'],
    ['dark', 'phone'],
  ] as const)('is for everybody: %s, %s', async (theme, size) => {
    const { page, isAccessible } = await portal.visit('/projects', { theme, size });
    await rowOf(page, 'Default project').waitFor();
    await isAccessible();
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await page.evaluate(overflow)).toBe(0);
  });

  it('says that the list could not be read, and reads it again', async () => {
    const { page, isAccessible } = await portal.visit('/settings');
    const list = '**/portal/api/**/projects';
    await page.route(list, (route) =>
      route.fulfill({ status: 403, json: { code: 403, error: 'Forbidden' } }),
    );
    await page.getByRole('link', { name: 'Projects' }).click();
    await page.getByText('This could not be loaded').waitFor();
    await isAccessible();
    await page.unroute(list);
    await page.getByRole('button', { name: 'Try again' }).click();
    await rowOf(page, 'Default project').waitFor();
  });
});
