import { type Answer, ask } from './api.ts';
import { expectJson } from './management.ts';
import type { RunningServer } from './server.ts';

export const API = '/portal/api';
/** So that a suite may sign in as often as it likes. */
export const MANY_SIGN_INS = { PARLEY_RATE_SIGN_IN: '10000/10000' };
export const PASSWORD = 'correct horse battery';

type Headers = Readonly<Record<string, string>>;
type Server = Pick<RunningServer, 'baseUrl' | 'logs'>;

interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** A browser without a page: it keeps cookies, and says of each request that a page of the portal makes it. */
export class Browser {
  readonly server: Server;
  private readonly userAgent: string;
  private readonly cookies = new Map<string, Cookie>();

  constructor(server: Server, userAgent = 'Mozilla/5.0 (test)') {
    this.server = server;
    this.userAgent = userAgent;
  }

  /** The header by which the server knows this browser; with a cookie given, it has that one alone from now on. */
  get cookie(): string {
    return this.cookiesFor(API);
  }

  set cookie(text: string) {
    this.cookies.clear();
    for (const pair of text.split('; ').filter(Boolean)) {
      const at = pair.indexOf('=');
      this.cookies.set(pair.slice(0, at), { value: pair.slice(at + 1), path: API });
    }
  }

  /** The same browser on another node of the same portal. */
  on(server: Server): Browser {
    const other = new Browser(server, this.userAgent);
    other.cookie = this.cookie;
    return other;
  }

  /** @param path below `/portal/api`, or of this host when it is absolute: the cookie goes where its path says */
  async ask(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Answer> {
    const target = /^\/(v1|v2|portal|health|openapi)\b/.test(path) ? path : `${API}${path}`;
    const cookie = this.cookiesFor(target);
    const answer = await ask(this.server, target, {
      method,
      headers: {
        origin: this.server.baseUrl,
        'sec-fetch-site': 'same-origin',
        'user-agent': this.userAgent,
        ...(cookie !== '' && { cookie }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    this.keep(answer.headers.getSetCookie());
    return answer;
  }

  /** Asks and returns the parsed body; throws unless the status is the one expected. */
  expect<T = Record<string, unknown>>(
    status: number,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<T> {
    return expectJson<T>(status, this.ask(method, path, body));
  }

  private cookiesFor(target: string): string {
    return [...this.cookies]
      .filter(([, { path }]) => target.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  private keep(lines: readonly string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split('; ');
      const at = pair.indexOf('=');
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)];
      const path = attributes.find((one) => /^path=/i.test(one))?.slice('path='.length) ?? '/';
      if (value === '' || attributes.some((one) => /^max-age=0$/i.test(one))) this.cookies.delete(name);
      else this.cookies.set(name, { value, path });
    }
  }
}

/** Somebody with an account, at a browser in which they are signed in. */
export interface Person {
  readonly browser: Browser;
  readonly accountId: string;
  readonly name: string;
  readonly email: string;
  /** The one they joined by registering. */
  readonly workspaceId: string;
}

/** The secret of the link to the first account, which the server prints when it is ready. */
export async function firstInvitation({ logs }: Pick<RunningServer, 'logs'>): Promise<string> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const secret = logs()
      .map((line) => /^parley: make the first account at \S+\/portal\/invitation#(\w+)$/.exec(line)?.[1])
      .find((found) => found !== undefined);
    if (secret !== undefined) return secret;
    if (Date.now() > deadline) throw new Error('the server names no link to the first account');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let people = 0;

export const newEmail = (): string => {
  people += 1;
  return `person-${people}@example.org`;
};

interface NewPerson {
  readonly invitation?: string;
  readonly name?: string;
  readonly email?: string;
}

/** Makes an account, with an invitation or where everybody may. */
export async function register(
  server: Server,
  { invitation, name = 'Ann', email = newEmail() }: NewPerson = {},
): Promise<Person> {
  const browser = new Browser(server);
  const input = { name, email, password: PASSWORD, ...(invitation !== undefined && { invitation }) };
  const { workspace_id: workspaceId } = await browser.expect<{ workspace_id: string }>(
    201,
    'POST',
    '/register',
    input,
  );
  const { account } = await browser.expect<{ account: { account_id: string } }>(200, 'GET', '/session');
  return { browser, accountId: account.account_id, name, email, workspaceId };
}

/** The first account of an installation: the admin of its first workspace. */
export const registerFirst = async (server: Server, person: NewPerson = {}): Promise<Person> =>
  register(server, { ...person, invitation: await firstInvitation(server) });

/** The secret of a new link into the admin's workspace. */
export async function invite(
  { browser, workspaceId }: Person,
  input: { role?: 'admin' | 'member'; email?: string } = {},
): Promise<string> {
  const path = `/workspaces/${workspaceId}/invitations`;
  const body = { role: 'member', ...input };
  return (await browser.expect<{ invitation: string }>(201, 'POST', path, body)).invitation;
}

/** Another person in the admin's workspace. */
export const join = async (
  admin: Person,
  role: 'admin' | 'member' = 'member',
  person: NewPerson = {},
): Promise<Person> =>
  register(admin.browser.server, { ...person, invitation: await invite(admin, { role }) });

/** The person at another browser. */
export async function signIn(
  { email }: Pick<Person, 'email'>,
  server: Server,
  { password = PASSWORD, userAgent }: { password?: string; userAgent?: string } = {},
): Promise<Browser> {
  const browser = new Browser(server, userAgent);
  await browser.expect(200, 'POST', '/sign-in', { email, password });
  return browser;
}

/** The default project of the person's workspace. */
export async function projectOf({ browser, workspaceId }: Person): Promise<number> {
  const projects = await browser.expect<{ project_id: number; is_default: boolean }[]>(
    200,
    'GET',
    `/workspaces/${workspaceId}/projects`,
  );
  const found = projects.find((one) => one.is_default);
  if (!found) throw new Error('the workspace has no default project');
  return found.project_id;
}

/** A temporary key, minted in the portal. */
export async function mintInPortal(
  { browser, workspaceId }: Person,
  projectId: number,
  { type = 'batch', ...body }: { type?: 'batch' | 'rt'; ttl?: number; client_ref?: string } = {},
): Promise<string> {
  const path = `/workspaces/${workspaceId}/projects/${projectId}/temporary-keys?type=${type}`;
  const minted = browser.expect<{ key_value: string }>(201, 'POST', path, { ttl: 600, ...body });
  return (await minted).key_value;
}
