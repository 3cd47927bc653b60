import { once } from 'node:events';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';
import { freePort } from './free-port.ts';

export const CLIENT = { id: 'parley', secret: 'a secret of the test provider' };

/** A real OpenID Connect provider: whoever signs in there as `ann` is `ann@example.com`. */
export async function startOidcProvider(redirectUri: string, wantedPort?: number) {
  const port = wantedPort ?? (await freePort());
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUri] }],
    claims: { email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({
        sub,
        email: `${sub}@example.com`,
        email_verified: true,
        name: `${sub} of the provider`,
      }),
    }),
  });
  const server = createServer(provider.callback()).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A browser that follows links and sends forms, as far as the provider's own pages need it. */
export class WebBrowser {
  private readonly jars = new Map<string, Map<string, string>>();

  /** Goes to a page and on from there; resolves to where it ends, which is the first address that `until` knows. */
  async visit(url: string, until: (url: string) => boolean, form?: Record<string, string>): Promise<string> {
    let target = url;
    let body = form && new URLSearchParams(form);
    for (let hops = 0; hops < 20; hops += 1) {
      if (until(target)) return target;
      const answer: Response = await fetch(target, {
        method: body ? 'POST' : 'GET',
        redirect: 'manual',
        headers: { cookie: this.cookies(target) },
        ...(body && { body }),
      });
      this.keep(target, answer.headers.getSetCookie());
      const location = answer.headers.get('location');
      const page = await answer.text();
      body = undefined;
      if (location !== null) target = new URL(location, target).href;
      else ({ target, body } = nextForm(page, target));
    }
    throw new Error(`still on the way at ${target}`);
  }

  private cookies(url: string): string {
    const jar = this.jars.get(new URL(url).host) ?? new Map<string, string>();
    return [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private keep(url: string, lines: readonly string[]): void {
    const { host } = new URL(url);
    const jar = this.jars.get(host) ?? new Map<string, string>();
    this.jars.set(host, jar);
    for (const line of lines) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
  }
}

/** The provider's pages hold one form each: who one is, then whether one agrees. */
function nextForm(page: string, url: string) {
  const [, action] = /<form[^>]* action="([^"]+)"/.exec(page) ?? [];
  const [, prompt] = /name="prompt" value="(\w+)"/.exec(page) ?? [];
  if (action === undefined || prompt === undefined)
    throw new Error(`no form at ${url}: ${page.slice(0, 300)}`);
  const values = prompt === 'login' ? { prompt, login: 'ann', password: 'any' } : { prompt };
  return { target: new URL(action, url).href, body: new URLSearchParams(values) };
}
