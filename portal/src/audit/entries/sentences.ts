import type { AuditAction, AuditEntry } from '../audit-query.ts';
import type { Names } from './names.ts';

/** What each action is called where one is chosen. */
export const ACTION_WORDS: Readonly<Record<AuditAction, string>> = {
  'installation.bootstrapped': 'Installation set up',
  'workspace.created': 'Workspace created',
  'workspace.changed': 'Workspace changed',
  'project.created': 'Project created',
  'project.changed': 'Project renamed',
  'project.deleted': 'Project deleted',
  'client_ref.erased': 'Data of a client_ref erased',
  'client_ref.ended': 'Keys of a client_ref ended',
  'api_key.created': 'API key created',
  'api_key.imported': 'API key imported',
  'api_key.rotated': 'API key rotated',
  'api_key.revoked': 'API key revoked',
  'management_token.created': 'Management token created',
  'management_token.revoked': 'Management token revoked',
  'operator_token.created': 'Operator token created',
  'operator_token.revoked': 'Operator token revoked',
  'account.deleted': 'Account deleted',
  'account.password_changed': 'Password changed',
  'account.reset_allowed': 'New password allowed',
  'member.joined': 'Member joined',
  'member.changed': 'Role of a member changed',
  'member.removed': 'Member removed',
  'invitation.created': 'Invitation created',
  'invitation.revoked': 'Invitation revoked',
  'signing_key.rotated': 'Signing key rotated',
  'signing_key.revoked': 'Signing key revoked',
  'requests.refused': 'Requests refused',
};

export const isAuditAction = (text: string | undefined): text is AuditAction =>
  text !== undefined && Object.hasOwn(ACTION_WORDS, text);

/** An entry as a sentence: "ann@example.com revoked the API key “web”." */
export function sentenceOf(entry: AuditEntry, names: Names): string {
  const { action } = entry;
  // An entry that a later version of the server wrote is shown as it is.
  if (!isAuditAction(action)) return `${actorOf(entry)} did ${action} to ${entry.target}.`;
  return `${SENTENCES[action]({ entry, names, who: actorOf(entry) })}.`;
}

interface Told {
  readonly entry: AuditEntry;
  readonly names: Names;
  /** Who did it, as the beginning of the sentence. */
  readonly who: string;
}

const SENTENCES: Readonly<Record<AuditAction, (told: Told) => string>> = {
  'installation.bootstrapped': ({ who }) => `${who} set up the installation with this workspace`,
  'workspace.created': ({ who, entry }) => `${who} created the workspace${named(entry)}`,
  'workspace.changed': ({ who, entry }) => changedWorkspace(who, entry),
  'project.created': ({ who, entry }) => `${who} created the project${named(entry)}`,
  'project.changed': ({ who, entry }) => `${who} renamed the project ${entry.target} to${named(entry)}`,
  'project.deleted': ({ who, ...told }) => `${who} deleted the project ${targetOf(told)}`,
  'client_ref.erased': ({ who, ...told }) =>
    `${who} erased the data of a client_ref in the project ${targetOf(told)}`,
  'client_ref.ended': ({ who, ...told }) =>
    `${who} ended the keys and sessions of a client_ref in the project ${targetOf(told)}`,
  'api_key.created': ({ who, ...told }) => createdKey(who, told),
  'api_key.imported': ({ who, entry }) => `${who} imported the API key${named(entry)}`,
  'api_key.rotated': ({ who, ...told }) => rotatedKey(who, told),
  'api_key.revoked': ({ who, ...told }) => `${who} revoked the API key ${targetOf(told)}${leak(told.entry)}`,
  'management_token.created': ({ who, entry }) => `${who} created the management token${named(entry)}`,
  'management_token.revoked': ({ who, ...told }) =>
    `${who} revoked the management token ${targetOf(told)}${leak(told.entry)}`,
  'operator_token.created': ({ who, entry }) => `${who} created the operator token${named(entry)}`,
  'operator_token.revoked': ({ who, ...told }) =>
    `${who} revoked the operator token ${targetOf(told)}${leak(told.entry)}`,
  'account.deleted': ({ who }) => `${who} deleted the account`,
  'account.password_changed': ({ who }) => `${who} changed the password of the account`,
  'account.reset_allowed': ({ who }) => `${who} made a link to a new password for an account`,
  'member.joined': ({ who, entry }) => `${who} joined the workspace as ${roleOf(entry)}`,
  'member.changed': ({ who, ...told }) => `${who} made ${personOf(told)} ${roleOf(told.entry)}`,
  'member.removed': ({ who, ...told }) => removedMember(who, told),
  'invitation.created': ({ who, entry }) => `${who} created an invitation for ${roleOf(entry)}`,
  'invitation.revoked': ({ who }) => `${who} revoked an invitation`,
  'signing_key.rotated': ({ who }) => `${who} rotated the signing key of temporary keys`,
  'signing_key.revoked': ({ who, entry }) => `${who} revoked the signing key ${entry.target}`,
  'requests.refused': (told) => refusedRequests(told),
};

type Subject = Omit<Told, 'who'>;

const quote = (name: string): string => `“${name}”`;

const named = ({ details }: AuditEntry): string =>
  typeof details.name === 'string' ? ` ${quote(details.name)}` : '';

/** The name of what was changed, or its id when nobody knows the name any more. */
function targetOf({ entry, names }: Subject): string {
  const name = names.get(entry.target);
  return name === undefined ? entry.target : quote(name);
}

const personOf = ({ entry, names }: Subject): string => names.get(entry.target) ?? 'a former member';

const roleOf = ({ details }: AuditEntry): string => (details.role === 'admin' ? 'an admin' : 'a member');

const leak = ({ details }: AuditEntry): string =>
  details.reason === 'leaked' ? ' because it was found in public' : '';

function changedWorkspace(who: string, entry: AuditEntry): string {
  const changes = Object.keys(entry.details);
  return changes.length === 1 && changes[0] === 'name'
    ? `${who} renamed the workspace to${named(entry)}`
    : `${who} changed the terms of the workspace`;
}

function createdKey(who: string, { entry, names }: Subject): string {
  const project = names.get(String(entry.details.project_id));
  const where = project === undefined ? '' : ` in the project ${quote(project)}`;
  return entry.details.account_id === undefined
    ? `${who} created the API key${named(entry)}${where}`
    : `${who} was given a key of the portal${where}`;
}

function rotatedKey(who: string, told: Subject): string {
  const seconds = Number(told.entry.details.grace_seconds ?? 0);
  const grace = seconds > 0 ? `; the old one is valid for ${waitOf(seconds)} more` : '';
  return `${who} rotated the API key ${targetOf(told)}${grace}`;
}

function waitOf(seconds: number): string {
  if (seconds < 120) return plural(seconds, 'second');
  if (seconds < 7_200) return plural(Math.round(seconds / 60), 'minute');
  return plural(Math.round(seconds / 3_600), 'hour');
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${new Intl.NumberFormat('en').format(count)} ${count === 1 ? one : many}`;

function removedMember(who: string, told: Subject): string {
  return told.entry.actor.id === told.entry.target
    ? `${who} left the workspace`
    : `${who} removed ${personOf(told)} from the workspace`;
}

/** Why, as the end of a sentence. */
const REASONS: Readonly<Record<string, string>> = {
  missing: 'no credential could be read',
  malformed: 'the credential has the shape of no key',
  unknown: 'nobody knows the credential',
  bad_signature: 'the temporary key was altered',
  bad_claims: 'what the temporary key says does not hold here',
  expired: 'the key had expired',
  not_yet_valid: 'a clock is wrong',
  revoked: 'the key was revoked',
  wrong_kind: 'the credential is of a kind that opens nothing there',
  not_permitted: 'the credential lacks the permission or the product',
  wrong_region: 'the key is not valid in that region',
  wrong_customer_type: 'the endpoint is not open to this workspace',
  outside_limits: 'they were outside the limits of the temporary key',
  rate_limited: 'the key had used up its rate of requests',
  too_many_refused: 'the address had sent too many credentials that are not accepted',
  various: 'for various reasons',
};

function refusedRequests({ entry, names }: Told): string {
  const { reason, count, addresses } = entry.details;
  const number = Number(count ?? 1);
  const requests = `${plural(number, 'request')} with the API key ${targetOf({ entry, names })}`;
  const from = plural(Number(addresses ?? 1), 'address', 'addresses');
  const why = REASONS[String(reason)] ?? String(reason);
  return `${requests} ${number === 1 ? 'was' : 'were'} refused, from ${from}: ${why}`;
}

/** Who did it, as the beginning of a sentence. */
function actorOf({ actor }: Pick<AuditEntry, 'actor'>): string {
  const name = actor.name === undefined ? actor.id : quote(actor.name);
  switch (actor.kind) {
    case 'account':
      return actor.name ?? 'A deleted account';
    case 'api-key':
      return `The API key ${name}`;
    case 'temporary-key':
      return `A temporary key of the API key ${name}`;
    case 'management-token':
      return `The management token ${name}`;
    case 'operator-token':
      return 'The operator';
    case 'github':
      return 'GitHub’s secret scanning';
    default:
      return 'Parley';
  }
}
