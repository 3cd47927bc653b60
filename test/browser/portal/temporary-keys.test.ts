import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { ask, mintKey } from '../../helpers/api.ts';
import { operate } from '../../helpers/management.ts';
import { type Person, projectOf, register } from '../../helpers/portal.ts';
import { codeIn, placesOf, runCode, XSS } from './keys.ts';
import { signInAgain } from './sign-in-again.ts';
import { openPortal, type PortalVisit } from './visit.ts';

/** Temporary keys: made with limits, read, and asked about. */
const portal = openPortal({ env: { PARLEY_ENGINE: 'scripted', PARLEY_REGISTRATION: 'open' } });

const newPerson = () => register(portal.server, { name: 'Ada' });

const field = (page: Page, name: string) => page.getByRole('textbox', { name, exact: true });
/** Its label says whether it may be left out. */
const clientRef = (page: Page) => page.getByRole('textbox', { name: /^client_ref/ });
const create = (page: Page) => page.getByRole('button', { name: 'Create temporary key' }).click();
const shownKey = (page: Page) => field(page, 'temporary key').inputValue();

const claimsIn = (key: string) =>
  JSON.parse(Buffer.from(key.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** The key with other claims, which its signature no longer fits. */
function withClaims(key: string, claims: object): string {
  const [header, , signature] = key.split('.');
  const payload = Buffer.from(JSON.stringify({ ...claimsIn(key), ...claims })).toString('base64url');
  return `${header}.${payload}.${signature}`;
}

async function makeApiKey({
  browser,
  workspaceId,
  ...person
}: Person): Promise<{ id: string; value: string }> {
  const project_id = await projectOf({ browser, workspaceId, ...person });
  const path = `/workspaces/${workspaceId}/api-keys`;
  const made = await browser.expect<{ apikey_id: string; key_value: string }>(201, 'POST', path, {
    project_id,
    name: 'Recorder',
  });
  return { id: made.apikey_id, value: made.key_value };
}

const revoke = ({ browser, workspaceId }: Person, id: string) =>
  browser.expect(200, 'DELETE', `/workspaces/${workspaceId}/api-keys/${id}?wait=10`);

async function inspect(
  person: Person,
  options: { theme?: 'light' | 'dark'; size?: 'desktop' | 'phone' } = {},
) {
  const visit = await portal.visit('/temporary-keys?tab=inspect', { person, ...options });
  await field(visit.page, 'Key').waitFor();
  return visit;
}

describe('a preset', () => {
  it.each([
    {
      preset: 'Browser dictation',
      claims: { aud: 'rt', lim: { max_concurrent: 1, max_session_seconds: 3600 } },
      says: ['Opens real-time sessions.', 'It has at most 1 session open at a time.'],
      seconds: 60,
    },
    {
      preset: 'Upload form',
      claims: {
        aud: 'batch',
        client_ref: 'USER123',
        lim: { max_sessions: 5, max_session_seconds: 3600 },
        env: 'EU1',
      },
      says: ['Creates jobs of the end user “USER123”', 'It creates at most 5 jobs.'],
      seconds: 600,
    },
    {
      preset: 'Kiosk',
      claims: {
        aud: 'rt',
        lim: { max_concurrent: 1, max_session_seconds: 28_800, lock: { language: 'en' } },
      },
      says: ['A session has at most 8 hours of audio.', 'language of the transcription config is always en.'],
      seconds: 3600,
    },
  ])('$preset makes a key within its limits, shown once', async ({ preset, claims, says, seconds }) => {
    const person = await newPerson();
    const { page, isAccessible } = await portal.visit('/temporary-keys', { person });
    await page.getByRole('radio', { name: preset }).check();
    await create(page);
    const key = await shownKey(page);
    expect(claimsIn(key)).toMatchObject(claims);
    expect(Number(claimsIn(key).exp) - Number(claimsIn(key).iat)).toBe(seconds);
    const dialog = page.getByRole('dialog');
    for (const sentence of says) await dialog.getByText(sentence).waitFor();
    await expect.poll(() => dialog.getByRole('timer').textContent()).toMatch(/^Ends in (\d+:)?\d+:\d\d$/);
    await isAccessible();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await dialog.waitFor({ state: 'detached' });
    const signature = key.split('.')[2] ?? key;
    expect(await placesOf(page)).not.toContain(signature);
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Create temporary key');
  });
});

describe('the form', () => {
  it('makes a key that works, with what was typed as text in words and code', async () => {
    const person = await newPerson();
    const { page, isAccessible } = await portal.visit('/temporary-keys?preset=upload', {
      person,
      size: 'phone',
      theme: 'dark',
    });
    await clientRef(page).fill('');
    await page.getByText('Not for end users: this key has no client_ref').waitFor();
    await isAccessible();
    await clientRef(page).fill(XSS);
    await page.getByText('Not for end users').waitFor({ state: 'detached' });
    await field(page, 'Origins').fill('https://app.example.org\nhttps://www.example.org');
    await field(page, 'Addresses').fill('127.0.0.0/8');
    await field(page, 'Fixed config').fill('diarization = none\nmax_delay = 2');
    await create(page);
    const key = await shownKey(page);
    expect(claimsIn(key)).toMatchObject({
      client_ref: XSS,
      lim: {
        origins: ['https://app.example.org', 'https://www.example.org'],
        cidrs: ['127.0.0.0/8'],
        lock: { diarization: 'none', max_delay: 2 },
      },
    });
    await page.getByRole('dialog').getByText(`Creates jobs of the end user “${XSS}”`).waitFor();
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    const origin = { origin: 'https://app.example.org' };
    expect((await ask(portal.server, '/v2/jobs', { key, headers: origin })).status).toBe(200);
    expect((await ask(portal.server, '/v2/jobs', { key })).status).toBe(403);
  });

  it('says beside the field what is wrong, also where only the server knows', async () => {
    const person = await newPerson();
    const { page, isAccessible } = await portal.visit('/temporary-keys', { person });
    await field(page, 'Time to live').fill('59');
    await field(page, 'At a time').fill('none');
    await field(page, 'Origins').fill('https://app.example.org/page');
    await field(page, 'Fixed config').fill('language');
    await create(page);
    await page.getByText('Enter a whole number from 60 to 86400.').waitFor();
    await page.getByText('Enter a whole number from 1 to 10000.').waitFor();
    await page.getByText('“https://app.example.org/page” is no origin.').waitFor();
    await page.getByText('“language” cannot be read.').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('ttl');
    await isAccessible();
    await field(page, 'Time to live').fill('3601');
    await field(page, 'At a time').fill('');
    await field(page, 'Origins').fill('');
    await field(page, 'Fixed config').fill('');
    await field(page, 'Addresses').fill('192.0.2.0/64');
    await create(page);
    await page.getByText('This should be less than or equal to 3600.').waitFor();
    await field(page, 'Time to live').fill('3600');
    await create(page);
    await page.getByText('This should be an address or a CIDR range.').waitFor();
    await expect.poll(() => page.evaluate('document.activeElement.name')).toBe('cidrs');
  });

  it('keeps what was typed without a network, and when the session had run out', async () => {
    const person = await newPerson();
    const { page, context, endSession, faults } = await portal.visit('/temporary-keys', { person });
    await clientRef(page).fill('USER456');
    await context.setOffline(true);
    await create(page);
    await page.getByText('Parley cannot be reached. Check your connection and try again.').waitFor();
    await context.setOffline(false);
    await endSession();
    await create(page);
    await signInAgain(page);
    await expect.poll(() => clientRef(page).inputValue()).toBe('USER456');
    await page.getByRole('button', { name: 'Create temporary key' }).dblclick();
    expect(claimsIn(await shownKey(page))).toMatchObject({ lim: { client_ref: 'USER456' } });
    faults.length = 0; // Chromium tells of requests that found no network
  });

  it('tells an enterprise customer whom to ask', async () => {
    const person = await newPerson();
    const terms = { customer_type: 'enterprise', temporary_keys_enabled: false };
    await operate(portal.server, 'PATCH', `/workspaces/${person.workspaceId}?wait=10`, terms);
    const { page } = await portal.visit('/temporary-keys', { person });
    await page.getByText('Temporary keys are not enabled for this workspace').waitFor();
    await create(page);
    await page.getByText('temporary keys are not enabled for this workspace; contact').waitFor();
  });

  it('shows a request that makes the same key', async () => {
    const person = await newPerson();
    const { page } = await portal.visit('/temporary-keys?preset=upload', { person });
    await clientRef(page).fill("O'Neill \\ “x”");
    await field(page, 'Fixed config').fill('language = en\nenable_entities = true');
    await create(page);
    const key = await shownKey(page);
    await page.getByRole('button', { name: 'Close' }).last().click();
    const main = page.getByRole('main');
    const env = { PARLEY_API_KEY: (await makeApiKey(person)).value };
    const curl = await runCode('curl', await codeIn(main, 'curl'), env);
    const code = await codeIn(main, 'JavaScript');
    const javaScript = await runCode('JavaScript', `${code}\nconsole.log(temporaryKey);`, env);
    const { aud, sub, client_ref, lim } = claimsIn(key);
    expect(lim).toMatchObject({ lock: { language: 'en', enable_entities: true } });
    expect(claimsIn(JSON.parse(curl).key_value)).toMatchObject({ aud, sub, client_ref, lim });
    expect(claimsIn(javaScript.trim())).toMatchObject({ aud, sub, client_ref, lim });
    expect(await codeIn(main, 'Python')).toContain('"enable_entities": True');
  });
});

describe('the decoder', () => {
  /** Requests from now on that carry a text in their address or body. */
  function requestsWith(page: Page, text: string): string[] {
    const found: string[] = [];
    page.on('request', (request) => {
      if (`${request.url()} ${request.postData() ?? ''}`.includes(text)) found.push(request.url());
    });
    return found;
  }

  const check = (page: Page) => page.getByRole('button', { name: 'Check with the server' }).click();

  it('reads a key in the browser, sends it when it is asked to, and forgets it', async () => {
    const person = await newPerson();
    const { value } = await makeApiKey(person);
    const key = await mintKey(portal.server, value, { client_ref: XSS, limits: { max_sessions: 2 } });
    const { page, isAccessible } = await inspect(person);
    await isAccessible();
    const sent = requestsWith(page, key);
    await field(page, 'Key').fill(`Authorization: Bearer ${key}\n`);
    await page.getByText(`Creates jobs of the end user “${XSS}”`).waitFor();
    await page.getByText('It creates at most 2 jobs.').waitFor();
    await page.getByText('Not expired').waitFor();
    await page.getByRole('definition').getByText('Recorder').waitFor();
    await page.getByText('All claims').click();
    await page.getByText('"max_sessions": 2').waitFor();
    expect(sent).toEqual([]);
    await check(page);
    await page.getByText('Accepted: this key works now').waitFor();
    await page.getByText('Its API key is Recorder.').waitFor();
    expect(sent).toHaveLength(1);
    await isAccessible();
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await placesOf(page)).not.toContain(key.split('.')[2]);
  });

  it('says why a key is refused', async () => {
    const person = await newPerson();
    const { id, value } = await makeApiKey(person);
    const key = await mintKey(portal.server, value);
    const { page, isAccessible } = await inspect(person, { theme: 'dark', size: 'phone' });
    await field(page, 'Key').fill(key);
    await page.getByText('Not for end users: this key has no client_ref').waitFor();
    await revoke(person, id);
    await check(page);
    await page.getByText('Refused: this key does not work').waitFor();
    await page.getByText('The key was revoked').waitFor();
    await isAccessible();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);

    await field(page, 'Key').fill(withClaims(key, { exp: 1_600_000_000, iat: 1_599_999_000 }));
    await page.getByText('Refused: this key does not work').waitFor({ state: 'detached' });
    await page.getByText('Expired', { exact: true }).waitFor();
    await check(page);
    await page.getByText('The temporary key was altered').waitFor();
  });

  it('knows an API key, and what is no key at all', async () => {
    const person = await newPerson();
    const { value } = await makeApiKey(person);
    const { page } = await inspect(person);
    await check(page);
    await page.getByText('Paste a key.').waitFor();
    await field(page, 'Key').fill(value);
    await page.getByText('This is an API key.').waitFor();
    await check(page);
    await page.getByText('Accepted: this key works now').waitFor();
    await field(page, 'Key').fill(XSS);
    await page.getByText('This has the shape of no key.').waitFor();
    await check(page);
    await page.getByText('The credential has the shape of no key or token').waitFor();
    await field(page, 'Key').fill('x'.repeat(5_001));
    await check(page);
    await page.getByText('A key has at most 5000 characters.').waitFor();
    const other = await makeApiKey(await newPerson());
    await field(page, 'Key').fill(other.value);
    await check(page);
    await page.getByText('Nobody here knows the credential').waitFor();
  });
});

describe('a refused request', () => {
  it('is explained to the owner of its key, by its Request-Id', async () => {
    const person = await newPerson();
    const { id, value } = await makeApiKey(person);
    await revoke(person, id);
    const answer = await ask(portal.server, '/v2/jobs', { key: value });
    expect(answer.status).toBe(401);
    const requestId = answer.headers.get('request-id') ?? '';

    const { page, isAccessible } = await inspect(person);
    const lookUp = () => page.getByRole('button', { name: 'Look it up' }).click();
    await lookUp();
    await page.getByText('Enter the Request-Id of an answer.').waitFor();
    await field(page, 'Request-Id').fill('no id');
    await lookUp();
    await page.getByText('A Request-Id has 32 digits and letters from a to f.').waitFor();
    await field(page, 'Request-Id').fill('0'.repeat(32));
    await lookUp();
    await page.getByText('No refusal with this Request-Id is known here.').waitFor();
    await field(page, 'Request-Id').fill(` ${requestId} `);
    await expect.poll(() => explained(page, lookUp), { timeout: 15_000 }).toBe(true);
    await page.getByText('GET /v2/jobs').waitFor();
    await isAccessible();

    const stranger: PortalVisit = await inspect(await newPerson());
    await field(stranger.page, 'Request-Id').fill(requestId);
    await stranger.page.getByRole('button', { name: 'Look it up' }).click();
    await stranger.page.getByText('No refusal with this Request-Id is known here.').waitFor();
  });

  /** Refusals are written down a moment later. */
  async function explained(page: Page, lookUp: () => Promise<void>): Promise<boolean> {
    await lookUp();
    await page
      .getByText(/The key was revoked|No refusal with this/)
      .first()
      .waitFor();
    return (await page.getByText('The key was revoked').count()) > 0;
  }
});
