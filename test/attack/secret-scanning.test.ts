import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSecret, sha256Of } from '../../src/identity/secrets/secret.ts';
import { type Answer, ask, createApiKey } from '../helpers/api.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** Reports of leaked keys: who can make the server revoke keys, and what it does when GitHub does. */
const PATH = '/v1/secret-scanning/github';
const UNAUTHENTICATED = '{"code":401,"error":"Permission Denied"}';
const URL_OF_LEAK = 'https://github.com/octocat/Hello-World/blob/main/\u001b[31m.env\r\nFORGED';

interface Match {
  readonly token: string;
  readonly type: string;
  readonly url: string;
  readonly source: string;
}

interface Label {
  readonly token_hash: string;
  readonly token_type: string;
  readonly label: string;
}

const curve = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const current = curve();
const retired = curve();
const stranger = curve();
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' });

let server: RunningServer;
let folder: ReturnType<typeof leashedDirectory>;

beforeAll(async () => {
  folder = leashedDirectory('parley-github-');
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_GITHUB_SCANNING_KEYS_FILE: await keysFile('keys.json'),
      // Each leaked key is tried once it is ended.
      PARLEY_RATE_BAD_CREDENTIALS: '10000/10000',
    },
  });
});
afterAll(async () => {
  await server?.stop();
  await folder?.remove();
});

async function keysFile(name: string, content?: string): Promise<string> {
  const file = path.join(folder.path, name);
  const public_keys = [
    { key_identifier: 'current', key: pem(current.publicKey), is_current: true },
    { key_identifier: 'retired', key: pem(retired.publicKey), is_current: false },
  ];
  await writeFile(file, content ?? JSON.stringify({ public_keys }));
  return file;
}

const match = (token: string, url = URL_OF_LEAK): Match => ({
  token,
  type: 'parley_api_key',
  url,
  source: 'content',
});

const signatureOf = (body: string, { privateKey }: { privateKey: KeyObject } = current): string =>
  sign('sha256', Buffer.from(body), privateKey).toString('base64');

/** Sends a body with the headers of GitHub; those that are `undefined` are left out. */
function send(body: string, headers: { identifier?: string; signature?: string }): Promise<Answer> {
  const { identifier, signature } = headers;
  return ask(server, PATH, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(identifier !== undefined && { 'github-public-key-identifier': identifier }),
      ...(signature !== undefined && { 'github-public-key-signature': signature }),
    },
  });
}

const report = (matches: readonly Match[]): Promise<Answer> => {
  const body = JSON.stringify(matches);
  return send(body, { identifier: 'current', signature: signatureOf(body) });
};

const statusOf = async (key: string, target = '/v2/jobs') => (await ask(server, target, { key })).status;

interface Entry {
  readonly action: string;
  readonly actor: object;
  readonly target: string;
  readonly details: object;
  readonly request_id: string;
}

async function entriesAbout(action: string): Promise<Entry[]> {
  const answer = await ask(server, '/v1/operator/audit?limit=1000', { key: server.bootstrap.operator_token });
  return answer.json<{ entries: Entry[] }>().entries.filter((entry) => entry.action === action);
}

describe('a report that GitHub did not make', () => {
  let key: string;
  beforeAll(async () => {
    key = await createApiKey(server, { name: 'not leaked' });
  });

  const body = () => JSON.stringify([match(key)]);
  const forgeries: Record<string, () => Promise<Answer>> = {
    'without headers': () => send(body(), {}),
    'without a signature': () => send(body(), { identifier: 'current' }),
    'without an identifier': () => send(body(), { signature: signatureOf(body()) }),
    'of an unknown key': () => send(body(), { identifier: 'unknown', signature: signatureOf(body()) }),
    'of a name every object has': () =>
      send(body(), { identifier: '__proto__', signature: signatureOf(body()) }),
    'signed by somebody else': () =>
      send(body(), { identifier: 'current', signature: signatureOf(body(), stranger) }),
    'signed by the other key': () =>
      send(body(), { identifier: 'current', signature: signatureOf(body(), retired) }),
    'with a signature of something else': () =>
      send(body(), { identifier: 'current', signature: signatureOf('[]') }),
    'with an empty signature': () => send(body(), { identifier: 'current', signature: '' }),
    'with junk as signature': () => send(body(), { identifier: 'current', signature: '%%%' }),
    'with a signature of zeros': () =>
      send(body(), {
        identifier: 'current',
        signature: Buffer.from('3006020100020100', 'hex').toString('base64'),
      }),
    'with a signature in the other format': () =>
      send(body(), {
        identifier: 'current',
        signature: sign('sha256', Buffer.from(body()), {
          key: current.privateKey,
          dsaEncoding: 'ieee-p1363',
        }).toString('base64'),
      }),
    're-serialised': () =>
      send(JSON.stringify([match(key)], undefined, 1), {
        identifier: 'current',
        signature: signatureOf(body()),
      }),
    'with a space behind': () =>
      send(`${body()} `, { identifier: 'current', signature: signatureOf(body()) }),
    'with a match added': () =>
      send(JSON.stringify([match('x'), match(key)]), {
        identifier: 'current',
        signature: signatureOf(JSON.stringify([match('x')])),
      }),
    'with an empty body': () => send('', { identifier: 'current', signature: signatureOf('[]') }),
  };

  it.each(Object.entries(forgeries))('%s: 401, and nothing is revoked', async (_, forge) => {
    const answer = await forge();
    expect([answer.status, answer.text]).toEqual([401, UNAUTHENTICATED]);
    expect(await statusOf(key)).toBe(200);
  });

  it('leaves nothing in the audit log', async () => {
    expect(await entriesAbout('api_key.revoked')).toEqual([]);
  });
});

describe('a report of GitHub', () => {
  it('revokes our keys among what it holds, says which they were, and repeats no token', async () => {
    const leaked = await createApiKey(server, { name: 'leaked' });
    const other = await createApiKey(server, { name: 'other' });
    const unknown = createSecret('api-key');
    const junk = ['', 'x', `${leaked}x`, leaked.toLowerCase(), 'a'.repeat(5_000)];
    expect(await statusOf(leaked)).toBe(200);
    const answer = await report([leaked, unknown, ...junk, leaked].map((token) => match(token)));
    expect(answer.status).toBe(200);
    expect(answer.json<Label[]>()).toEqual(
      [leaked, unknown, ...junk, leaked].map((token) => ({
        token_hash: sha256Of(token),
        token_type: 'parley_api_key',
        label: token === leaked ? 'true_positive' : 'false_positive',
      })),
    );
    expect(answer.text).not.toContain(leaked);
    expect([await statusOf(leaked), await statusOf(other)]).toEqual([401, 200]);

    const entries = await entriesAbout('api_key.revoked');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      actor: { kind: 'github', id: 'current' },
      details: { reason: 'leaked', url: URL_OF_LEAK },
      request_id: answer.headers.get('request-id'),
    });
    const wire = await ask(server, '/v1/operator/audit', { key: server.bootstrap.operator_token });
    for (const control of ['\r', '\n', '\u001b']) expect(wire.text).not.toContain(control);
  });

  it('changes nothing when it is sent again, not even its answer', async () => {
    const leaked = await createApiKey(server, { name: 'leaked twice' });
    const body = JSON.stringify([match(leaked)]);
    const headers = { identifier: 'retired', signature: signatureOf(body, retired) };
    const first = await send(body, headers);
    expect(first.json<Label[]>()[0]?.label).toBe('true_positive');
    const before = await entriesAbout('api_key.revoked');
    const again = await send(body, headers);
    expect(again.text).toBe(first.text);
    expect(await entriesAbout('api_key.revoked')).toEqual(before);
  });

  it.each(['{"token":"x"}', '[{"type":"x"}]', '["x"]', 'null', 'not JSON', '', '[{"token":1,"type":"x"}]'])(
    'with the body %j is answered 400',
    async (body) => {
      const answer = await send(body, { identifier: 'current', signature: signatureOf(body) });
      expect(answer.status).toBe(400);
    },
  );

  it('with members we do not know, or with no match, is taken', async () => {
    expect((await report([])).text).toBe('[]');
    const body = JSON.stringify([{ ...match('x'), more: { deep: [1] } }]);
    const answer = await send(body, { identifier: 'current', signature: signatureOf(body) });
    expect(answer.status).toBe(200);
  });

  it('over the limit of a body is answered 413', async () => {
    expect((await report([match('x'.repeat(1_100_000))])).status).toBe(413);
  });

  it('with as many matches as a body holds ends every leaked key, and no more', async () => {
    const leaked = await Promise.all(
      Array.from({ length: 300 }, (_, i) => createApiKey(server, { name: `many ${i}` })),
    );
    const short = (token: string) => ({ token, type: 't', url: 'u', source: 's' });
    const matches = [
      ...Array.from({ length: 9_700 }, () => short(createSecret('api-key'))),
      ...leaked.map(short),
    ];
    const answer = await report(matches as Match[]);
    const labels = answer.json<Label[]>().map(({ label }) => label);
    expect(labels.filter((label) => label === 'true_positive')).toHaveLength(300);
    expect(labels.lastIndexOf('false_positive')).toBe(9_699);
    const statuses = await Promise.all(leaked.map((key) => statusOf(key)));
    expect(new Set(statuses)).toEqual(new Set([401]));
  });

  it('revokes management and operator tokens too', async () => {
    const { operator_token, management_token, workspace_id } = server.bootstrap;
    const created = await ask(server, `/v1/operator/workspaces/${workspace_id}/management-tokens`, {
      method: 'POST',
      key: operator_token,
      body: JSON.stringify({ name: 'stays', permissions: ['projects:view'] }),
    });
    const { token_value } = created.json<{ token_value: string }>();
    const answer = await report([match(management_token), match(operator_token)]);
    expect(answer.json<Label[]>().map(({ label }) => label)).toEqual(['true_positive', 'true_positive']);
    expect(await statusOf(management_token, '/v1/api-keys')).toBe(401);
    expect(await statusOf(operator_token, '/v1/operator/audit')).toBe(401);
    const own = await ask(server, '/v1/audit', { key: token_value });
    expect(own.json<{ entries: Entry[] }>().entries[0]).toMatchObject({
      action: 'management_token.revoked',
      actor: { kind: 'github' },
      details: { reason: 'leaked', kind: 'management' },
    });
  });
});

it('nothing of it is in the log', () => {
  expect(server.logs().join('\n')).not.toMatch(/(ply|plym|plyo)_[0-9A-Za-z]{39}|octocat/);
});

describe('without GitHub’s keys', () => {
  it('the path answers everybody like one that does not exist', async () => {
    const plain = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
    const body = '[]';
    const headers = {
      'github-public-key-identifier': 'current',
      'github-public-key-signature': signatureOf(body),
    };
    const signed = await ask(plain, PATH, { method: 'POST', body, headers });
    const missing = await ask(plain, '/v1/nope', { method: 'POST', body });
    expect(signed.status).toBe(401);
    expect(signed.json()).toEqual(missing.json());
    await plain.stop();
  });

  it('a file with something else stops the start and is named', async () => {
    const env = {
      PARLEY_ENGINE: 'scripted',
      PARLEY_GITHUB_SCANNING_KEYS_FILE: await keysFile('bad.json', '{}'),
    };
    await expect(startServer({ env })).rejects.toThrow(/^parley: PARLEY_GITHUB_SCANNING_KEYS_FILE: /m);
  });
});
