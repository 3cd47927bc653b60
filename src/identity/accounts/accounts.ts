import type { Logger } from '../../base/log.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Change } from '../audit/change.ts';
import type { Actor } from '../audit/event.ts';
import type { Account } from './account.ts';
import type { Auth } from './auth.ts';
import { deleteAccount } from './delete-account.ts';
import { revokePortalKeys } from './portal-key.ts';
import { PROVIDER_ID, type Provider } from './provider.ts';
import { ADDRESS_HEADER } from './rules.ts';

/** What a request says of the browser it comes from. */
export interface Browser {
  readonly cookie: string | undefined;
  readonly userAgent: string | undefined;
  readonly address: string;
}

export interface SignedIn {
  readonly account: Account;
  readonly deviceId: string;
  /** Values of `Set-Cookie` for the answer: the session may have been prolonged. */
  readonly setCookies: readonly string[];
}

export interface NewAccount {
  readonly name: string;
  readonly email: string;
  readonly password: string;
}

/** Accounts of people: who they are, how they sign in. What they may do is decided by `members.ts`. */
export interface Accounts {
  /** Whose browser it is; `undefined` for one that is not signed in. */
  find(browser: Browser): Promise<SignedIn | undefined>;
  /** Throws `unauthenticated`, alike for an unknown address and a wrong password. */
  signIn(browser: Browser, input: Omit<NewAccount, 'name'>): Promise<readonly string[]>;
  /** Makes an account and signs it in. Throws `conflict` for an address that has one. */
  create(browser: Browser, input: NewAccount): Promise<{ accountId: string; setCookies: readonly string[] }>;
  /** Where the provider asks the person who they are. Throws `unavailable` while the provider cannot be asked. */
  startWithProvider(
    browser: Browser,
    returnPath: string,
  ): Promise<{ url: string; setCookies: readonly string[] }>;
  /** The provider has sent the browser back with this query: where it goes now, signed in or with `?error=`. */
  finishWithProvider(
    browser: Browser,
    query: Readonly<Record<string, string>>,
  ): Promise<{ location: string; setCookies: readonly string[] }>;
  signOut(browser: Browser): Promise<readonly string[]>;
  rename(browser: Browser, name: string): Promise<void>;
  hasPassword(accountId: string): Promise<boolean>;
  /** Signs out every other device of the actor, and ends what was minted. Throws `forbidden` for a wrong current password. */
  changePassword(
    actor: Actor,
    browser: Browser,
    input: { current: string; next: string },
  ): Promise<readonly string[]>;
  /** A token with which the person can set a new password, once and within a day. Throws `not_found`. */
  allowReset(actor: Actor, email: string): Promise<string>;
  /** Sets a new password and signs out every device. Throws `invitation_over` for a token that is no longer good. */
  resetPassword(browser: Browser, token: string, next: string): Promise<void>;
  /** Removes the actor's account. Throws `forbidden` for a wrong password, `conflict` for the only admin of a workspace with other members. */
  remove(actor: Actor, browser: Browser, password: string): Promise<void>;
}

type Library = Pick<typeof import('./auth.ts'), 'codeOf'> & { readonly auth: Auth };

interface Deps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly change: Change;
  readonly secret: string;
  readonly url: string;
  readonly provider: Provider | undefined;
}

export function createAccounts({ change, ...deps }: Deps): Accounts {
  const { sql } = deps;
  let loading: Promise<Library> | undefined;
  const resetTokens = new Map<string, string>();

  /** The library takes 0.3 s to load, so it is loaded when somebody first opens the portal. */
  async function ask<T>(
    question: (api: Library['auth']['api'], headers: Headers) => Promise<T>,
    browser: Browser,
  ) {
    loading ??= import('./auth.ts').then((module) => ({
      codeOf: module.codeOf,
      auth: module.createAuth({
        ...deps,
        onResetToken: (accountId, token) => void resetTokens.set(accountId, token),
        onPasswordReset: (accountId) => passwordChanged({ kind: 'account', id: accountId }),
      }),
    }));
    const { auth, codeOf } = await loading;
    return question(auth.api, headersOf(browser)).catch((error: unknown) => {
      const refusal = REFUSALS[codeOf(error) ?? ''];
      throw refusal ? refusal() : error;
    });
  }

  const find: Accounts['find'] = async (browser) => {
    const { headers, response } = await ask(
      (api, headers) => api.getSession({ headers, returnHeaders: true }),
      browser,
    );
    if (!response) return undefined;
    const { user, session } = response;
    return {
      account: { accountId: user.id, name: user.name, email: user.email },
      deviceId: session.id,
      setCookies: headers.getSetCookie(),
    };
  };

  const hasPassword: Accounts['hasPassword'] = async (accountId) => {
    const credentials = sql.selectFrom('account_credentials').select('id').where('user_id', '=', accountId);
    return (await credentials.where('provider_id', '=', 'credential').executeTakeFirst()) !== undefined;
  };

  /** What the person opened with the old one is over. */
  async function passwordChanged(actor: Actor): Promise<void> {
    await change(actor, async (tx, record) => {
      await revokePortalKeys(tx, { accountId: actor.id });
      await record({ action: 'account.password_changed', target: actor.id });
    });
  }

  return {
    find,
    hasPassword,
    async signIn(browser, { email, password }) {
      const body = { email, password };
      const { headers } = await ask(
        (api, headers) => api.signInEmail({ body, headers, returnHeaders: true }),
        browser,
      );
      return headers.getSetCookie();
    },
    async create(browser, { name, email, password }) {
      const body = { name, email, password };
      const { headers, response } = await ask(
        (api, headers) => api.signUpEmail({ body, headers, returnHeaders: true }),
        browser,
      );
      return { accountId: response.user.id, setCookies: headers.getSetCookie() };
    },
    async startWithProvider(browser, returnPath) {
      const body = { provider: PROVIDER_ID, callbackURL: returnPath, errorCallbackURL: SIGN_IN_PAGE };
      const asked = ask((api, headers) => api.signInSocial({ body, headers, returnHeaders: true }), browser);
      const { headers, response } = await asked.catch((error: unknown) => {
        // It was not there when the library asked what it offers; the next attempt asks again.
        loading = undefined;
        throw new AppError('unavailable', { retryAfterSeconds: 1, cause: error });
      });
      if (response.url === undefined) throw new TypeError('the provider has no page to sign in');
      return { url: response.url, setCookies: headers.getSetCookie() };
    },
    async finishWithProvider(browser, query) {
      const params = { id: PROVIDER_ID };
      const response = await ask(
        (api, headers) => api.callbackOAuth({ params, query, headers, method: 'GET', asResponse: true }),
        browser,
      );
      const location = response.headers.get('location') ?? SIGN_IN_PAGE;
      return { location, setCookies: response.headers.getSetCookie() };
    },
    async signOut(browser) {
      const { headers } = await ask((api, headers) => api.signOut({ headers, returnHeaders: true }), browser);
      return headers.getSetCookie();
    },
    async rename(browser, name) {
      await ask((api, headers) => api.updateUser({ body: { name }, headers }), browser);
    },
    async changePassword(actor, browser, { current, next }) {
      const body = { currentPassword: current, newPassword: next, revokeOtherSessions: true };
      const { headers } = await ask(
        (api, headers) => api.changePassword({ body, headers, returnHeaders: true }),
        browser,
      );
      await passwordChanged(actor);
      return headers.getSetCookie();
    },
    async allowReset(actor, given) {
      const email = given.toLowerCase();
      const account = await sql
        .selectFrom('accounts')
        .select('id')
        .where('email', '=', email)
        .executeTakeFirst();
      if (!account) throw new AppError('not_found', { detail: 'account not found' });
      await ask((api, headers) => api.requestPasswordReset({ body: { email }, headers }), NO_BROWSER);
      const token = resetTokens.get(account.id);
      resetTokens.delete(account.id);
      if (token === undefined) throw new TypeError('no token was made for a new password');
      await change(actor, (_tx, record) => record({ action: 'account.reset_allowed', target: account.id }));
      return token;
    },
    async resetPassword(browser, token, next) {
      const body = { newPassword: next, token };
      await ask((api, headers) => api.resetPassword({ body, headers }), browser);
    },
    async remove(actor, browser, password) {
      if (await hasPassword(actor.id)) {
        await ask((api, headers) => api.verifyPassword({ body: { password }, headers }), browser);
      }
      await deleteAccount(change, actor, actor.id);
    },
  };
}

const NO_BROWSER: Browser = { cookie: undefined, userAgent: undefined, address: '' };

/** Where a person ends who could not be signed in with a provider. */
const SIGN_IN_PAGE = '/portal/sign-in';

/** Only what better-auth needs: none of the headers that would let a browser say where it is. */
function headersOf({ cookie, userAgent, address }: Browser): Headers {
  const headers = new Headers({ [ADDRESS_HEADER]: address });
  if (cookie !== undefined) headers.set('cookie', cookie);
  if (userAgent !== undefined) headers.set('user-agent', userAgent.slice(0, 500));
  return headers;
}

const wrongPassword = () => new AppError('forbidden', { detail: 'the password is wrong' });

/** What better-auth refuses, in the words of our own errors. */
const REFUSALS: Readonly<Record<string, () => AppError>> = {
  INVALID_EMAIL: () => new AppError('unprocessable', { detail: 'email in body must be of type email' }),
  INVALID_EMAIL_OR_PASSWORD: () => new AppError('unauthenticated', { reason: 'unknown' }),
  INVALID_PASSWORD: wrongPassword,
  // It counts otherwise than our schemas do: some characters twice.
  PASSWORD_TOO_LONG: () => new AppError('unprocessable', { detail: 'the password is too long' }),
  CREDENTIAL_ACCOUNT_NOT_FOUND: wrongPassword,
  USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL: () =>
    new AppError('conflict', { detail: 'there is an account with this email already' }),
  // What is left when two make the same account at the same time.
  FAILED_TO_CREATE_USER: () =>
    new AppError('conflict', { detail: 'there is an account with this email already' }),
  INVALID_TOKEN: () => new AppError('invitation_over', { detail: 'the link was used or is too old' }),
  UNAUTHORIZED: () => new AppError('unauthenticated', { reason: 'missing' }),
};
