import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { RateLimit } from '../../http/rate-limit.ts';
import { spend } from '../../http/rate-limit.ts';
import type { Accounts } from '../../identity/accounts/accounts.ts';
import type { Members } from '../../identity/accounts/members.ts';
import type { Registration } from '../../identity/accounts/registration.ts';
import type { Endpoint } from '../../regions/topology.ts';
import { browserOf } from '../guards/access.ts';
import { answers } from '../responses.ts';
import { DONE, Done, email, invitation, newPassword, password, personName, RoleSchema } from './people.ts';

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
    const cookies = await accounts.signIn(browserOf(request), input);
    // A browser has one session: what it held before is not left behind.
    await accounts.signOut(browserOf(request));
    reply.header('set-cookie', [...cookies]);
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

export const register = ({ accounts, registration, signInLimits }: SessionDeps) => ({
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
    await accounts.signOut(browserOf(request));
    reply.code(201).header('set-cookie', [...made.setCookies]);
    return { workspace_id: made.workspaceId };
  },
});

const Reset = Type.Object(
  {
    reset: Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: '^[0-9A-Za-z_-]*$',
      description: 'The secret of a link from the operator.',
    }),
    new_password: newPassword,
  },
  { additionalProperties: false },
);

export const resetPassword = ({ accounts, signInLimits }: SessionDeps) => ({
  schema: {
    summary: 'Set a new password with a link from the operator; every device is signed out',
    body: Reset,
    response: answers({ 200: Done }, 'invitation_over', 'rate_limited'),
  },
  async handler(request: FastifyRequest) {
    const { reset, new_password } = request.body as Static<typeof Reset>;
    spend([[signInLimits.ofAddress, request.ip]]);
    await accounts.resetPassword(browserOf(request), reset, new_password);
    return DONE;
  },
});

/** Of whoever has to know a password: throws `rate_limited` when that was tried too often. */
export function spendAttempt(
  limits: SessionDeps['signInLimits'],
  { ip }: FastifyRequest,
  address: string,
): void {
  spend([
    [limits.ofAddress, ip],
    [limits.ofEmail, address.toLowerCase()],
  ]);
}
