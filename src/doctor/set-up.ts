import { status } from './expect.ts';
import { type Operation, operationsOf } from './operations.ts';
import { makeOtherProject } from './other-project.ts';
import {
  type Credentials,
  END_USERS,
  type EndUser,
  type LimitedKeys,
  type Target,
  type Verdict,
} from './target.ts';
import type { Answer } from './wire/answer.ts';
import { type Client, createClient, JSON_TYPE } from './wire/client.ts';
import type { Endpoint } from './wire/exchange.ts';
import { configPart, filePart, submission } from './wire/form.ts';
import { openTrap } from './wire/trap.ts';
import { UPGRADE } from './wire/websocket.ts';

/** The server cannot be examined, in a sentence for the person who asked for it. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError';
}

const TTL_SECONDS = 900;
const END_OF_JOB_LIMIT_MS = 60_000;
const UPGRADE_LIMIT_MS = 5_000;

/**
 * Prepares a server over its API: temporary keys, a job of each end user, another project where a management token
 * allows. Throws `SetUpError` when it is no such server, or the API key is refused; no other credential has been sent
 * by then.
 */
export async function prepare(endpoint: Endpoint, credentials: Credentials): Promise<Target> {
  const client = createClient(endpoint);
  const operations = await readOperations(client);
  const keys = await mintKeys(client, credentials.apiKey);
  const limitedKeys = await mintLimitedKeys(client, credentials.apiKey);
  const realtime = await offersRealtime(client, keys.rt);
  const jwk = await publicKeyOf(client, keys.nobody);
  const cleanUp: (() => Promise<Verdict>)[] = [];
  const submit = async (key: string, ...parts: readonly Uint8Array[]) => {
    const answer = await client.ask('/v2/jobs', submission(key, ...parts));
    const { id } = answer.status === 201 ? (JSON.parse(answer.body) as { id: string }) : {};
    if (id !== undefined) cleanUp.push(() => deleteJob(client, credentials.apiKey, id));
    return answer;
  };
  const jobs = await perEndUser((user) => finishedJob(client, submit, keys[user]));
  const otherProject = await makeOtherProject(client, credentials, operations);
  if (otherProject) cleanUp.push(otherProject.remove);
  const twins = new Map<string, { readonly verdict: Promise<Verdict>; readonly atMs: number }>();
  const trap = await openTrap();
  return {
    ...client,
    ...credentials,
    ...(otherProject && { otherProjectKey: otherProject.key }),
    ...(limitedKeys && { limitedKeys }),
    ...(realtime && { realtime }),
    keys,
    jobs,
    jwk,
    operations,
    trap,
    refusal: await client.ask('/v2/jobs'),
    submit,
    shared(name, twin, maxAgeMs = Infinity) {
      const nowMs = performance.now();
      const known = twins.get(name);
      if (known && nowMs - known.atMs <= maxAgeMs) return known.verdict;
      const verdict = twin();
      twins.set(name, { verdict, atMs: nowMs });
      return verdict;
    },
    async close() {
      trap.close();
      return (await Promise.all(cleanUp.map((undo) => undo()))).flat();
    },
  };
}

async function readOperations(client: Client): Promise<Operation[]> {
  const answer = await client.ask('/openapi.json').catch((error: Error) => {
    throw new SetUpError(
      `the server cannot be reached: ${error.message || (error as NodeJS.ErrnoException).code}`,
    );
  });
  try {
    return operationsOf(answer.body);
  } catch {
    throw new SetUpError(`GET /openapi.json does not describe an API (${answer.status})`);
  }
}

const perEndUser = async (make: (user: EndUser) => Promise<string>): Promise<Record<EndUser, string>> => {
  const users = Object.keys(END_USERS) as EndUser[];
  const made = await Promise.all(users.map(async (user) => [user, await make(user)] as const));
  return Object.fromEntries(made) as Record<EndUser, string>;
};

/** The answer to minting a temporary key that lives as long as a run may take. */
export const mint = (client: Client, apiKey: string, wish: object, type = 'batch'): Promise<Answer> =>
  client.ask(`/v1/api_keys?type=${type}`, {
    method: 'POST',
    key: apiKey,
    headers: [JSON_TYPE],
    body: JSON.stringify({ ttl: TTL_SECONDS, ...wish }),
  });

/** The key in the answer; `undefined` when it was refused. */
export const mintedKey = (answer: Answer): string | undefined =>
  answer.status === 201 ? (JSON.parse(answer.body) as { key_value: string }).key_value : undefined;

async function mintKeys(client: Client, apiKey: string): Promise<Target['keys']> {
  const make = async (wish: object, type?: string) => {
    const answer = await mint(client, apiKey, wish, type);
    const key = mintedKey(answer);
    if (key === undefined) throw new SetUpError(`the API key mints no temporary key (${answer.status})`);
    return key;
  };
  const refOf = (user: EndUser) => (END_USERS[user] === undefined ? {} : { client_ref: END_USERS[user] });
  return { ...(await perEndUser((user) => make(refOf(user)))), rt: await make({}, 'rt') };
}

/** `undefined` for a server that does not know limits. */
async function mintLimitedKeys(client: Client, apiKey: string): Promise<LimitedKeys | undefined> {
  const make = async (limits: object, type?: string) =>
    mintedKey(await mint(client, apiKey, { limits }, type));
  const elsewhere = await make({ cidrs: ['203.0.113.7/32'] });
  const anywhere = await make({ cidrs: ['0.0.0.0/0', '::/0'] });
  const origin = await make({ origins: ['https://app.example'] });
  const realtimeOrigin = await make({ origins: ['https://app.example'] }, 'rt');
  return elsewhere && anywhere && origin && realtimeOrigin
    ? { elsewhere, anywhere, origin, realtimeOrigin }
    : undefined;
}

/** Whether a good key becomes a WebSocket, here and through whatever stands in front. */
async function offersRealtime(client: Client, key: string): Promise<true | undefined> {
  const bytes = client.write('/v2', { key, headers: UPGRADE });
  const { answers } = await client.exchange(bytes, { limitMs: UPGRADE_LIMIT_MS });
  return answers.some(({ status }) => status === 101) || undefined;
}

async function publicKeyOf(client: Client, token: string): Promise<Target['jwk']> {
  const { body } = await client.ask('/.well-known/jwks.json');
  try {
    const [header = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    const { keys } = JSON.parse(body) as { keys: Record<string, string>[] };
    const jwk = keys.find((key) => key.kid === kid);
    if (jwk) return jwk;
  } catch {
    // Told below.
  }
  throw new SetUpError(
    'GET /.well-known/jwks.json does not show the key that temporary keys are signed with',
  );
}

async function finishedJob(client: Client, submit: Target['submit'], key: string): Promise<string> {
  const answer = await submit(key, configPart(), filePart());
  if (answer.status !== 201)
    throw new SetUpError(`a job is refused: ${answer.status} ${answer.body.slice(0, 200)}`);
  const { id } = JSON.parse(answer.body) as { id: string };
  for (const endMs = performance.now() + END_OF_JOB_LIMIT_MS; performance.now() < endMs; ) {
    const { body } = await client.ask(`/v2/jobs/${id}?wait=5`, { key });
    const state = /"status":"(\w+)"/.exec(body)?.[1];
    if (state === 'done') return id;
    if (state !== 'running') throw new SetUpError(`a job of silence ended as ${state}`);
  }
  throw new SetUpError(`a job of silence has not ended after ${END_OF_JOB_LIMIT_MS / 1_000} s`);
}

async function deleteJob(client: Client, key: string, id: string): Promise<Verdict> {
  const answer = await client.ask(`/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
  return status(answer, 200, 404, 410).map((sentence) => `job ${id} was not deleted: ${sentence}`);
}
