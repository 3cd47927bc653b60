import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../helpers/free-port.ts';
import { leashedDirectory } from '../../helpers/leash.ts';
import { CLIENT, startOidcProvider, WebBrowser } from '../../helpers/oidc-provider.ts';
import { API, Browser, MANY_SIGN_INS, register, registerFirst } from '../../helpers/portal.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** Signing in with an OpenID Connect provider, a real one. */
let provider: Awaited<ReturnType<typeof startOidcProvider>>;
let env: Record<string, string>;
let server: RunningServer;
const directory = leashedDirectory('parley-oidc-');

beforeAll(async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  provider = await startOidcProvider(`${url}${API}/callback/oidc`);
  const secretFile = path.join(directory.path, 'secret');
  await writeFile(secretFile, `${CLIENT.secret}\n`);
  env = {
    ...MANY_SIGN_INS,
    PARLEY_ENGINE: 'scripted',
    PARLEY_REGISTRATION: 'open',
    PARLEY_OIDC_CLIENT_ID: CLIENT.id,
    PARLEY_OIDC_CLIENT_SECRET_FILE: secretFile,
    PARLEY_OIDC_ISSUER: provider.issuer,
    PARLEY_OIDC_NAME: 'Example',
    PARLEY_PORTAL_URL: url,
    PARLEY_PORT: String(port),
  };
  server = await startServer({ env });
});
afterAll(async () => {
  await server?.stop();
  await provider?.stop();
  await directory.remove();
});

/** Asks the portal where to go, signs in there, and comes back. */
async function signIn(browser: Browser, returnPath?: string): Promise<{ status: number; location: string }> {
  const { url } = await browser.expect<{ url: string }>(200, 'POST', '/sign-in/oidc', {
    ...(returnPath !== undefined && { return_path: returnPath }),
  });
  const isBack = (address: string) => address.startsWith(server.baseUrl);
  const back = new URL(await new WebBrowser().visit(url, isBack));
  // As a browser does it: a visit from another site.
  const answer = await browser.ask('GET', back.pathname + back.search, undefined, {
    'sec-fetch-site': 'cross-site',
    origin: '',
  });
  return { status: answer.status, location: answer.headers.get('location') ?? '' };
}

const sessionOf = (browser: Browser) =>
  browser.expect<{
    oidc: object;
    account: { name: string; email: string; has_password: boolean } | null;
    workspaces: { name: string; role: string }[];
  }>(200, 'GET', '/session');

describe('a provider', () => {
  it('is offered by its name', async () => {
    expect((await sessionOf(new Browser(server))).oidc).toEqual({ name: 'Example' });
  });

  it('makes an account at the first visit, and finds it at the next', async () => {
    const browser = new Browser(server);
    expect(await signIn(browser, '/portal/account')).toEqual({ status: 302, location: '/portal/account' });
    const first = await sessionOf(browser);
    expect(first.account).toMatchObject({
      name: 'ann of the provider',
      email: 'ann@example.com',
      has_password: false,
    });
    expect(first.workspaces).toMatchObject([{ role: 'admin' }]);
    const again = new Browser(server);
    await signIn(again);
    expect(await sessionOf(again)).toEqual(first);
    await again.expect(200, 'POST', '/account/delete', {});
    expect((await sessionOf(again)).account).toBeNull();
  });

  it('opens no account that was made with a password for the same address', async () => {
    const { browser: theirs } = await register(server, { name: 'Ann', email: 'ann@example.com' });
    const browser = new Browser(server);
    const { location } = await signIn(browser);
    expect(location).toMatch(/^\/portal\/sign-in\?error=account_not_linked/);
    expect((await sessionOf(browser)).account).toBeNull();
    await theirs.expect(200, 'POST', '/account/delete', { password: 'correct horse battery' });
  });

  it('is not believed by a browser that did not ask', async () => {
    const asking = new Browser(server);
    const { url } = await asking.expect<{ url: string }>(200, 'POST', '/sign-in/oidc', {});
    const back = new URL(await new WebBrowser().visit(url, (one) => one.startsWith(server.baseUrl)));
    const victim = new Browser(server);
    const answer = await victim.ask('GET', back.pathname + back.search);
    expect(answer.headers.get('location')).toMatch(/^\/portal\/sign-in\?error=/);
    expect((await sessionOf(victim)).account).toBeNull();
  });

  it.each(['', '?state=x&code=y', '?error=access_denied', '?state=x&error=access_denied&iss=z'])(
    'ends at the sign-in page when it is called with "%s"',
    async (query) => {
      const answer = await new Browser(server).ask('GET', `/callback/oidc${query}`);
      expect(answer.status).toBe(302);
      expect(answer.headers.get('location')).toMatch(/^\/portal\/sign-in(\?|$)/);
    },
  );

  it.each(['https://evil.example/', '//evil.example', '/v1/x', '/portal/\\evil', 'javascript:alert(1)'])(
    'sends nobody to %s',
    async (returnPath) => {
      const browser = new Browser(server);
      expect((await browser.ask('POST', '/sign-in/oidc', { return_path: returnPath })).status).toBe(422);
    },
  );
});

describe('where no accounts are made', () => {
  it('it lets in whoever has one, and nobody else', async () => {
    await server.stop();
    server = await startServer({ env: { ...env, PARLEY_REGISTRATION: 'closed' } });
    await registerFirst(server, { email: 'first@example.com' });
    const browser = new Browser(server);
    expect((await signIn(browser)).location).toMatch(/^\/portal\/sign-in\?error=signup_disabled/);
    expect((await sessionOf(browser)).account).toBeNull();
  });
});

describe('while it is away', () => {
  it('the portal says so, and tries again', async () => {
    await server.stop();
    const { issuer } = provider;
    await provider.stop();
    server = await startServer({ env });
    const browser = new Browser(server);
    expect((await browser.ask('POST', '/sign-in/oidc', {})).status).toBe(503);
    const back = `${server.baseUrl}${API}/callback/oidc`;
    provider = await startOidcProvider(back, Number(new URL(issuer).port));
    expect((await signIn(browser)).location).toBe('/portal/');
  });
});
