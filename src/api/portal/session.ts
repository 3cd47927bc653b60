import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { RateLimit } from '../../http/rate-limit.ts';
import { spend } from '../../http/rate-limit.ts';
import type { Accounts } from '../../identity/accounts/accounts.ts';
import type { Members } from '../../identity/accounts/members.ts';
import type { Registration } from '../../identity/accounts/registration.ts';
import { PASSWORD_LENGTH } from '../../identity/accounts/rules.ts';
import type { Endpoint } from '../../regions/topology.ts';
import { browserOf } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { printable } from '../text.ts';

export interface SessionDeps {
  readonly accounts: Accounts;
  readonly members: Members;
  readonly registration: Registration;
  /** Attempts to sign in or register: of one address, and for one email. */
  readonly signInLimits: { readonly ofAddress: RateLimit; readonly ofEmail: RateLimit };
  readonly supportContact: string;
  readonly version: string;
  readonly endpoints: readonly Endpoint[];
  /** What the button says that leads to the OpenID Connect provider; `undefined` where there is none. */
  readonly providerName: string | undefined;
  /** Of the endpoints' hosts. */
  readonly domain: string;
}

export const Done = Type.Object({ status: Type.Literal('OK') });
export const DONE = { status: 'OK' } as const;
export const RoleSchema = Type.Enum(['admin', 'member']);

export const email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\s@]+@[^\\s@]+$',
  description: 'An email address; nothing is sent to it.',
});
export const personName = printable(120, 'How others in the workspace see the person.');
export const newPassword = Type.String({
  minLength: PASSWORD_LENGTH.min,
  maxLength: PASSWORD_LENGTH.max,
  description: `${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters.`,
});
/** Of an account that exists, whatever rules it was made under. */
export const password = Type.String({ minLength: 1, maxLength: 1_000 });
export const invitation = Type.String({
  maxLength: 100,
  pattern: '^[0-9A-Za-z]*$',
  description: 'The secret of an invitation link.',
});

const Session = Type.Object({
  registration: Type.Enum(['open', 'invite', 'closed']),
  needs_first_account: Type.Boolean({ description: 'Nobody has an account yet.' }),
  oidc: Type.Union([Type.Null(), Type.Object({ name: Type.String() })], {
    description: 'The provider with which people may sign in.',
  }),
  support_contact: Type.String(),
  version: Type.String(),
  account: Type.Union([
    Type.Null(),
    Type.Object({
      account_id: Type.String(),
      name: Type.String(),
      email: Type.String(),
      has_password: Type.Boolean(),
    }),
  ]),
  workspaces: Type.Array(Type.Object({ workspace_id: Type.String(), name: Type.String(), role: RoleSchema })),
  endpoints: Type.Array(
    Type.Object({
      product: Type.Enum(['batch', 'rt']),
      environment: Type.String(),
      region: Type.String(),
      host: Type.String(),
    }),
  ),
  domain: Type.String({ description: 'What the hosts end with; `localhost` until one is set.' }),
});

/** For the page that starts: who is signed in, and what this installation offers to whoever is not. */
export const getSession = ({ accounts, members, registration, ...deps }: SessionDeps) => ({
  schema: { summary: 'Who is signed in', response: answers({ 200: Session }) },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const found = await accounts.find(browserOf(request));
    if (found?.setCookies.length) reply.header('set-cookie', [...found.setCookies]);
    const own = found ? await members.workspacesOf(found.account.accountId) : [];
    return {
      registration: registration.mode,
      needs_first_account: !found && (await registration.needsFirstAccount()),
      oidc: deps.providerName === undefined ? null : { name: deps.providerName },
      support_contact: deps.supportContact,
      version: deps.version,
      account: found
        ? {
            account_id: found.account.accountId,
            name: found.account.name,
            email: found.account.email,
            has_password: await accounts.hasPassword(found.account.accountId),
          }
        : null,
      workspaces: own.map(({ workspaceId, name, role }) => ({ workspace_id: workspaceId, name, role })),
      endpoints: deps.endpoints.map(({ environment, host }) => ({
        product: environment.product,
        environment: environment.name,
        region: environment.region,
        host,
      })),
      domain: deps.domain,
    };
  },
});

const Credentials = Type.Object({ email, password }, { additionalProperties: false });

export const signIn = ({ accounts, signInLimits }: SessionDeps) => ({
  schema: {
    summary: 'Sign in; one answer for an unknown address and a wrong password',
    body: Credentials,
    response: answers({ 200: Done }, 'unauthenticated', 'rate_limited'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const input = request.body as Static<typeof Credentials>;
    spendAttempt(signInLimits, request, input.email);
    // A browser has one session: what it held before is not left behind.
    await accounts.signOut(browserOf(request));
    reply.header('set-cookie', [...(await accounts.signIn(browserOf(request), input))]);
    return DONE;
  },
});

export const signOut = ({ accounts }: SessionDeps) => ({
  schema: { summary: 'Sign out this browser', response: answers({ 200: Done }) },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    reply.header('set-cookie', [...(await accounts.signOut(browserOf(request)))]);
    return DONE;
  },
});

const NewAccount = Type.Object(
  { name: personName, email, password: newPassword, invitation: Type.Optional(invitation) },
  { additionalProperties: false },
);

export const register = ({ registration, signInLimits }: SessionDeps) => ({
  schema: {
    summary: 'Make an account, with an invitation or where registration is open, and sign in',
    body: NewAccount,
    response: answers(
      { 201: Type.Object({ workspace_id: Type.String() }) },
      'forbidden',
      'conflict',
      'invitation_over',
      'rate_limited',
    ),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const input = request.body as Static<typeof NewAccount>;
    spendAttempt(signInLimits, request, input.email);
    const caller = { requestId: request.id, address: request.ip };
    const made = await registration.register(caller, browserOf(request), input);
    reply.code(201).header('set-cookie', [...made.setCookies]);
    return { workspace_id: made.workspaceId };
  },
});

function spendAttempt(limits: SessionDeps['signInLimits'], { ip }: FastifyRequest, address: string): void {
  spend([
    [limits.ofAddress, ip],
    [limits.ofEmail, address.toLowerCase()],
  ]);
}
