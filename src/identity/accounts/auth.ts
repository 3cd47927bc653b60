import { betterAuth } from 'better-auth';
import { isAPIError } from 'better-auth/api';
import { genericOAuth } from 'better-auth/plugins';
import { newId, randomBase62 } from '../../base/ids.ts';
import type { Logger } from '../../base/log.ts';
import type { Sql } from '../../db/database.ts';
import { PROVIDER_ID, type Provider } from './provider.ts';
import { ADDRESS_HEADER, COOKIE_PATH, PASSWORD_LENGTH } from './rules.ts';

/** A browser that brings back a cookie is signed in this long after it was last used. */
const SESSION_SECONDS = 14 * 86_400;
/** How often a session in use is prolonged, which writes its row. */
const PROLONG_EVERY_SECONDS = 3_600;
/** How long a link to a new password is good. */
const RESET_SECONDS = 86_400;

export interface AuthOptions {
  readonly sql: Sql;
  readonly log: Logger;
  /** Signs the cookies. */
  readonly secret: string;
  /** Where people open the portal, without a path. */
  readonly url: string;
  readonly provider: Provider | undefined;
  /** Gets the token of a link with which a new password can be set. */
  readonly onResetToken: (accountId: string, token: string) => void;
  readonly onPasswordReset: (accountId: string) => Promise<void>;
}

const timestamps = { createdAt: 'created_at', updatedAt: 'updated_at' };

/**
 * Passwords, sessions and their cookies, by better-auth. It gets no route of its own: `accounts.ts` calls what Parley
 * offers, so that everything else it can do stays shut.
 */
export const createAuth = ({ sql, log, secret, url, provider, ...hooks }: AuthOptions) =>
  betterAuth({
    appName: 'Parley',
    baseURL: url,
    basePath: COOKIE_PATH,
    secret,
    database: { db: sql, type: 'postgres', transaction: true },
    telemetry: { enabled: false },
    onAPIError: { errorURL: '/portal/sign-in' },
    // Its messages name e-mail addresses; that something failed is enough.
    logger: { level: 'error', log: (_level, message) => log.error({ reason: message }, 'accounts') },
    emailAndPassword: {
      enabled: true,
      minPasswordLength: PASSWORD_LENGTH.min,
      maxPasswordLength: PASSWORD_LENGTH.max,
      resetPasswordTokenExpiresIn: RESET_SECONDS,
      revokeSessionsOnPasswordReset: true,
      // Nothing is sent: whoever operates the installation passes the link on.
      sendResetPassword: async ({ user, token }) => hooks.onResetToken(user.id, token),
      onPasswordReset: ({ user }) => hooks.onPasswordReset(user.id),
    },
    // Two accounts are never made one because they say the same address: nobody has proved it.
    account: {
      modelName: 'account_credentials',
      accountLinking: { enabled: false },
      encryptOAuthTokens: true,
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        ...timestamps,
      },
    },
    user: { modelName: 'accounts', fields: { emailVerified: 'email_verified', ...timestamps } },
    session: {
      modelName: 'portal_sessions',
      expiresIn: SESSION_SECONDS,
      updateAge: PROLONG_EVERY_SECONDS,
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...timestamps,
      },
    },
    plugins: provider ? [genericOAuth({ config: [configOf(provider)] })] : [],
    verification: {
      storeIdentifier: 'hashed',
      modelName: 'account_verifications',
      fields: { expiresAt: 'expires_at', ...timestamps },
    },
    advanced: {
      cookiePrefix: 'parley',
      useSecureCookies: url.startsWith('https:'),
      defaultCookieAttributes: { path: COOKIE_PATH, sameSite: 'strict', httpOnly: true },
      // The provider's page sends the browser back: to the browser, a visit from another site.
      cookies: { state: { attributes: { sameSite: 'lax' } } },
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER] },
      database: { generateId: ({ model }) => (model === 'user' ? newId('acc') : randomBase62(22)) },
    },
  });

const configOf = ({ issuer, clientId, clientSecret, mayRegister }: Provider) => ({
  providerId: PROVIDER_ID,
  discoveryUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
  clientId,
  clientSecret,
  scopes: ['openid', 'email', 'profile'],
  pkce: true,
  requireIdTokenVerification: true,
  disableSignUp: !mayRegister,
});

export type Auth = ReturnType<typeof createAuth>;

/** The word by which better-auth names what was wrong, for example `INVALID_PASSWORD`; `undefined` for a fault of ours. */
export function codeOf(error: unknown): string | undefined {
  if (!isAPIError(error) || error.statusCode >= 500) return undefined;
  const { code } = error.body ?? {};
  return typeof code === 'string' ? code : error.status.toString();
}
