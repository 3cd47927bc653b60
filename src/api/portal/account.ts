import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Accounts } from '../../identity/accounts/accounts.ts';
import type { Devices } from '../../identity/accounts/devices.ts';
import { browserOf, personOf, signedIn } from '../guards/access.ts';
import { answers, isoMilliseconds } from '../responses.ts';
import { DONE, Done, newPassword, password, personName } from './people.ts';
import { type SessionDeps, spendAttempt } from './session.ts';

interface Deps extends Pick<SessionDeps, 'signInLimits'> {
  readonly accounts: Accounts;
  readonly devices: Devices;
}

const Name = Type.Object({ name: personName }, { additionalProperties: false });

export const renameAccount = ({ accounts }: Deps) => ({
  schema: { summary: 'Change the name of the account', body: Name, response: answers({ 200: Done }) },
  async handler(request: FastifyRequest) {
    await accounts.rename(browserOf(request), (request.body as Static<typeof Name>).name);
    return DONE;
  },
});

const Passwords = Type.Object(
  { current_password: password, new_password: newPassword },
  { additionalProperties: false },
);

export const changePassword = ({ accounts, signInLimits }: Deps) => ({
  schema: {
    summary: 'Change the password; all other devices are signed out, and what the account opened ends',
    body: Passwords,
    response: answers({ 200: Done }, 'forbidden'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { current_password: current, new_password: next } = request.body as Static<typeof Passwords>;
    spendAttempt(signInLimits, request, signedIn(request).account.email);
    const cookies = await accounts.changePassword(personOf(request), browserOf(request), { current, next });
    reply.header('set-cookie', [...cookies]);
    return DONE;
  },
});

const Confirmation = Type.Object(
  { password: Type.Optional(password) },
  { additionalProperties: false, description: 'The password, of an account that has one.' },
);

export const deleteAccount = ({ accounts, signInLimits }: Deps) => ({
  schema: {
    summary: 'Delete the account; workspaces keep their keys and data',
    body: Confirmation,
    response: answers({ 200: Done }, 'forbidden', 'conflict'),
  },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    const { password = '' } = request.body as Static<typeof Confirmation>;
    const browser = browserOf(request);
    spendAttempt(signInLimits, request, signedIn(request).account.email);
    await accounts.remove(personOf(request), browser, password);
    reply.header('set-cookie', [...(await accounts.signOut(browser))]);
    return DONE;
  },
});

const Device = Type.Object({
  device_id: Type.String(),
  created_at: isoMilliseconds,
  last_seen_at: isoMilliseconds,
  expires_at: isoMilliseconds,
  address: Type.Union([Type.String(), Type.Null()]),
  user_agent: Type.Union([Type.String(), Type.Null()]),
  is_current: Type.Boolean(),
});

export const listDevices = ({ devices }: Deps) => ({
  schema: {
    summary: 'Browsers in which the account is signed in',
    response: answers({ 200: Type.Array(Device) }),
  },
  async handler(request: FastifyRequest) {
    const { account, deviceId } = signedIn(request);
    return (await devices.list(account.accountId)).map((device) => ({
      device_id: device.deviceId,
      created_at: device.createdAt.toISOString(),
      last_seen_at: device.lastSeenAt.toISOString(),
      expires_at: device.expiresAt.toISOString(),
      address: device.address,
      user_agent: device.userAgent,
      is_current: device.deviceId === deviceId,
    }));
  },
});

const DeviceParams = Type.Object({ device_id: Type.String() });

export const signOutDevice = ({ devices }: Deps) => ({
  schema: {
    summary: 'Sign out one device of the account',
    params: DeviceParams,
    response: answers({ 200: Done }, 'not_found'),
  },
  async handler(request: FastifyRequest) {
    const { device_id } = request.params as Static<typeof DeviceParams>;
    // Text that cannot be an id is not looked for: PostgreSQL fails on a NUL.
    const deviceId = /^[0-9A-Za-z]+$/.test(device_id) ? device_id : '';
    await devices.signOut(signedIn(request).account.accountId, deviceId);
    return DONE;
  },
});

export const signOutOtherDevices = ({ devices }: Deps) => ({
  schema: { summary: 'Sign out every other device of the account', response: answers({ 200: Done }) },
  async handler(request: FastifyRequest) {
    const { account, deviceId } = signedIn(request);
    await devices.signOutOthers(account.accountId, deviceId);
    return DONE;
  },
});
