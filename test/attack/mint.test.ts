import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, jobForm, listJobs, mintKey, readClip } from '../helpers/api.ts';
import { bearer, type RawAnswer, rawAnswer, requestHead } from '../helpers/raw-http.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
});
afterAll(() => server?.stop());

type Header = readonly [string, string];
const JSON_TYPE: Header = ['Content-Type', 'application/json'];

function mint(
  body: string | Uint8Array,
  target = '/v1/api_keys?type=batch',
  headers: readonly Header[] = [JSON_TYPE],
): Promise<RawAnswer> {
  const bytes = Buffer.from(body);
  const all = [
    bearer(server.bootstrap.api_key),
    ...headers,
    ['Content-Length', String(bytes.length)] as const,
  ];
  return rawAnswer(server, Buffer.concat([Buffer.from(requestHead('POST', target, all)), bytes]));
}

/** Refused in the documented shape, and nothing in the answer is a key. */
function expectRefused(answer: RawAnswer, status: number, detail?: string): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  expect(body.key_value).toBeUndefined();
  expect(answer.body).not.toContain('eyJ');
  expect(typeof body.code).toBe('number');
  expect(typeof body.error).toBe('string');
  expect(body.message).toBe(body.detail ?? body.error);
  if (detail !== undefined) expect(body.message).toBe(detail);
  expect(answer.headers.get('request-id')).toMatch(/^[0-9a-f]{32}$/);
}

const withRef = (json: string) => `{"ttl":60,"client_ref":${json}}`;
const WHOLE = 'ttl in body must be of type integer';
const SHORT = 'ttl in body should be greater than or equal to 60';
const LONG = 'ttl in body should be less than or equal to 3600';
const TEXT = 'client_ref in body must be of type string';

describe('minting', () => {
  it('works for the legitimate twins', async () => {
    const good = ['{"ttl":60}', '{"ttl":3600}', '{"ttl":60.0}', withRef('"USER123"'), withRef('"é 日本 😀"')];
    for (const body of good) {
      const answer = await mint(body);
      expect(answer.status, body).toBe(201);
      const { key_value, apikey_id } = JSON.parse(answer.body) as Record<string, string | null>;
      expect(apikey_id).toBeNull();
      expect((await ask(server, '/v2/jobs', { key: key_value ?? '' })).status).toBe(200);
    }
  });

  const refused: Record<string, readonly [body: string, detail?: string]> = {
    'no ttl': ['{}', 'ttl in body is required'],
    'no body': ['', 'ttl in body is required'],
    'white space': [' \r\n\t', 'ttl in body is required'],
    'ttl 59': ['{"ttl":59}', SHORT],
    'ttl 0': ['{"ttl":0}', SHORT],
    'ttl negative': ['{"ttl":-60}', SHORT],
    'ttl 3601': ['{"ttl":3601}', LONG],
    'ttl huge': ['{"ttl":99999999999999999999999}', LONG],
    'ttl as text': ['{"ttl":"60"}', WHOLE],
    'ttl 60.5': ['{"ttl":60.5}', WHOLE],
    'ttl true': ['{"ttl":true}', WHOLE],
    'ttl null': ['{"ttl":null}', WHOLE],
    'ttl 1e309': ['{"ttl":1e309}', WHOLE],
    'ttl in a list': ['{"ttl":[60]}', WHOLE],
    'ttl an object': ['{"ttl":{"valueOf":60}}', WHOLE],
    'ttl twice, the last too long': ['{"ttl":60,"ttl":3601}', LONG],
    'ttl of 100,000 levels': [`{"ttl":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, WHOLE],
    'client_ref empty': [withRef('""'), 'client_ref in body should be at least 1 chars long'],
    'client_ref a list': [withRef('["USER123"]'), TEXT],
    'client_ref an object': [withRef('{"$ne":null}'), TEXT],
    'client_ref a number': [withRef('1'), TEXT],
    'client_ref null': [withRef('null'), TEXT],
    'client_ref of 10 KB': [
      withRef(`"${'a'.repeat(10_240)}"`),
      'client_ref in body should be at most 256 chars long',
    ],
    'client_ref of one letter with 4,000 accents': [withRef(`"a${'\u0301'.repeat(4_000)}"`)],
    'client_ref with a newline': [withRef('"a\\nb"')],
    'client_ref with NUL': [withRef('"USER123\\u0000"')],
    'client_ref with DEL': [withRef('"a\\u007f"')],
    'client_ref with half a surrogate pair': [withRef('"\\ud800"')],
    'client_ref with the other half': [withRef('"USER\\udfff"')],
    'region unknown': ['{"ttl":60,"region":"mars"}', 'region in body should be one of [eu usa au]'],
    'region in the other case': ['{"ttl":60,"region":"EU"}', 'region in body should be one of [eu usa au]'],
    'region null': ['{"ttl":60,"region":null}', 'region in body should be one of [eu usa au]'],
    'a list': ['[]'],
    'a list with an object': ['[{"ttl":60}]'],
    text: ['"ttl"'],
    'a number': ['60'],
    'a further member': ['{"ttl":60,"scopes":["admin"]}', 'scopes in body is a forbidden property'],
    'a member of ours': ['{"ttl":60,"akid":"key_x"}', 'akid in body is a forbidden property'],
    'a limit nobody knows': [
      '{"ttl":60,"limits":{"max_words":1}}',
      'limits.max_words in body is a forbidden property',
    ],
    'limits a list': ['{"ttl":60,"limits":[]}', 'limits in body must be of type object'],
    'limits null': ['{"ttl":60,"limits":null}', 'limits in body must be of type object'],
  };
  it.each(Object.entries(refused))('%s: 422', async (_, [body, detail]) => {
    expectRefused(await mint(body), 422, detail);
  });

  it.each([
    ['not JSON', '{ttl:60}'],
    ['cut off', '{"ttl":60'],
    ['two values', '{"ttl":60}{"ttl":60}'],
    ['a form', 'ttl=60&client_ref=USER123'],
    ['__proto__', '{"ttl":60,"__proto__":{"client_ref":"x"}}'],
    ['constructor.prototype', '{"ttl":60,"constructor":{"prototype":{"client_ref":"x"}}}'],
    ['NUL bytes', '{"ttl":60}\0'],
  ])('%s: 400', async (_, body) => {
    expectRefused(await mint(body), 400);
  });

  it('2 MB of body: 413, unless the connection ends before the answer is read', async () => {
    const large = withRef(`"${'a'.repeat(2_000_000)}"`);
    const answer = await mint(large).catch(() => undefined);
    if (answer) expectRefused(answer, 413);
    expect((await mint('{"ttl":60}')).status).toBe(201);
  });

  it('900 KB of body: 422', async () => {
    expectRefused(await mint(withRef(`"${'a'.repeat(900_000)}"`)), 422);
  });

  it('gzip: 400', async () => {
    const answer = await mint(gzipSync('{"ttl":60}'), '/v1/api_keys', [
      JSON_TYPE,
      ['Content-Encoding', 'gzip'],
    ]);
    expectRefused(answer, 400);
  });

  it.each([
    ['unknown', '?type=tts'],
    ['flow', '?type=flow'],
    ['in the other case', '?type=RT'],
    ['empty', '?type='],
    ['with NUL', '?type=batch%00'],
    ['in a list', '?type=batch,rt'],
  ])('a type %s: 422', async (_, query) => {
    expectRefused(
      await mint('{"ttl":60}', `/v1/api_keys${query}`),
      422,
      'type in query should be one of [batch rt]',
    );
  });

  it('ignores query parameters it does not know', async () => {
    const answer = await mint('{"ttl":60}', '/v1/api_keys?type=rt&sm-sdk=js-1&type[]=batch&__proto__=x');
    expect(answer.status).toBe(201);
    const { key_value } = JSON.parse(answer.body) as { key_value: string };
    expect(JSON.parse(Buffer.from(key_value.split('.')[1] ?? '', 'base64url').toString()).aud).toBe('rt');
  });

  it('au with rt: 422; a region that is not contracted: 403', async () => {
    const au = '{"ttl":60,"region":"au"}';
    expectRefused(await mint(au, '/v1/api_keys?type=rt'), 422);
    expectRefused(await mint(au), 403);
    expectRefused(await mint('{"ttl":60,"region":"usa"}'), 403);
    expect((await mint('{"ttl":60,"region":"eu"}')).status).toBe(201);
  });

  it('takes JSON under any label, or refuses with 4xx', async () => {
    const labels = [
      ...['application/json; charset=utf-8', 'text/plain', 'APPLICATION/JSON', 'application/xml'],
      ...['multipart/form-data', 'multipart/form-data; boundary=x'],
    ];
    for (const label of labels)
      expect((await mint('{"ttl":60}', undefined, [['Content-Type', label]])).status).toBe(201);
    expect((await mint('{"ttl":60}', undefined, [])).status).toBe(201);
    for (const label of ['', 'garbage', '/']) {
      const { status } = await mint('{"ttl":60}', undefined, [['Content-Type', label]]);
      expect(status, label).toBeGreaterThanOrEqual(400);
      expect(status, label).toBeLessThan(500);
    }
  });

  it('with a body in chunks works, and is bounded as well', async () => {
    const chunked = (body: string) =>
      rawAnswer(
        server,
        `${requestHead('POST', '/v1/api_keys', [
          bearer(server.bootstrap.api_key),
          JSON_TYPE,
          ['Transfer-Encoding', 'chunked'],
        ])}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );
    expect((await chunked('{"ttl":60}')).status).toBe(201);
    expectRefused(await chunked(withRef(`"${'a'.repeat(1_500_000)}"`)), 413);
  });
});

describe('a key bound to an end user', () => {
  it('mints only for that one', async () => {
    const { management_token, project_id } = server.bootstrap;
    const body = JSON.stringify({ project_id, name: 'bound', client_ref: 'USER123' });
    const created = await ask(server, '/v1/api-keys', { method: 'POST', key: management_token, body });
    const { key_value: key } = created.json<{ key_value: string }>();
    const ref = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).client_ref;
    expect(ref(await mintKey(server, key))).toBe('USER123');
    expect(ref(await mintKey(server, key, { client_ref: 'USER123' }))).toBe('USER123');
    await expect(mintKey(server, key, { client_ref: 'USER456' })).rejects.toThrow(/403/);
  });

  it('of one spelling does not reach another', async () => {
    const pairs: [string, string][] = [
      ['User', 'user'],
      ['\u00e9', 'e\u0301'],
      ['a', 'a '],
      ['a', 'a\u200b'],
      ['a', '%61'],
      ['\u0430', 'a'],
      ['1', '01'],
    ];
    for (const [one, other] of pairs) {
      const owner = await mintKey(server, server.bootstrap.api_key, { client_ref: one });
      const stranger = await mintKey(server, server.bootstrap.api_key, { client_ref: other });
      const submitted = await ask(server, '/v2/jobs', {
        method: 'POST',
        key: owner,
        body: jobForm(await readClip()),
      });
      const { id } = submitted.json<{ id: string }>();
      expect((await listJobs(server, owner)).map((job) => job.id)).toContain(id);
      expect((await listJobs(server, stranger)).map((job) => job.id)).not.toContain(id);
      const foreign = await ask(server, `/v2/jobs/${id}?wait=0`, { key: stranger });
      const missing = await ask(server, '/v2/jobs/0000000000?wait=0', { key: stranger });
      expect(foreign).toMatchObject({ status: 404, text: missing.text });
    }
  });

  it('of half a surrogate pair reaches nobody else’s jobs, if there is such a key at all', async () => {
    const keyOf = async (escaped: string): Promise<string | undefined> => {
      const answer = await mint(withRef(`"${escaped}"`));
      return answer.status === 201 ? (JSON.parse(answer.body) as { key_value: string }).key_value : undefined;
    };
    const [one, other] = [await keyOf('\\ud800'), await keyOf('\\udfff')];
    if (one === undefined || other === undefined) return;
    await ask(server, '/v2/jobs', { method: 'POST', key: one, body: jobForm(await readClip()) });
    expect(await listJobs(server, other)).toEqual([]);
  });
});

describe('creating an API key', () => {
  const create = (body: object) =>
    ask(server, '/v1/api-keys', {
      method: 'POST',
      key: server.bootstrap.management_token,
      body: JSON.stringify(body),
    }).then(({ status }) => status);

  it('takes only what is documented', async () => {
    const { project_id } = server.bootstrap;
    const good = { project_id, name: 'a key' };
    expect(await create(good)).toBe(201);
    expect(await create({ ...good, name: '😀'.repeat(120) })).toBe(201);
    const bad: [object, number][] = [
      [{ ...good, name: '' }, 422],
      [{ ...good, name: 'a'.repeat(121) }, 422],
      [{ ...good, name: `a${'\u0301'.repeat(200)}` }, 422],
      [{ ...good, name: '👨‍👩‍👧‍👦'.repeat(100) }, 422],
      [{ ...good, name: 'a\r\nSet-Cookie: x' }, 422],
      [{ ...good, name: 1 }, 422],
      [{ name: 'a' }, 422],
      [{ project_id }, 422],
      [{ ...good, project_id: String(project_id) }, 422],
      [{ ...good, project_id: 2 ** 31 }, 422],
      [{ ...good, project_id: 999_999 }, 404],
      [{ ...good, ttl: 60 }, 403],
      [{ ...good, workspace_id: 'ws_other' }, 422],
      [{ ...good, regions: ['eu', 'usa'] }, 422],
    ];
    for (const [body, status] of bad) expect([body, await create(body)]).toEqual([body, status]);
  });
});

describe('the server', () => {
  it('has not failed once in all this', () => {
    expect(server.logs().filter((line) => line.includes('"level":50'))).toEqual([]);
  });
});
