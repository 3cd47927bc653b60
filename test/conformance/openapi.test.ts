import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFixture, silentWav } from '../fixtures/audio/samples.ts';
import { type Answer, type AskOptions, ask, ENGLISH, endOfJob, jobForm, mintKey } from '../helpers/api.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { describedOperations, deviations, type Operation } from '../helpers/openapi.ts';
import { type Browser, registerFirst } from '../helpers/portal.ts';
import { isOfPortal, portalOperations, UNKNOWN } from '../helpers/portal-routes.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** `/openapi.json` and the server say the same: whatever is answered is described, and what is described is answered. */
const MAX_UPLOAD_BYTES = 40_000_000;

let server: RunningServer;
let operations: readonly Operation[];
let keys: {
  readonly api: string;
  readonly rt: string;
  readonly management: string;
  readonly operator: string;
};
let jobs: { readonly done: string; readonly deleted: string };
let browser: Browser;
const seen = new Set<string>();

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_RATE_SUBMIT: '100/1000',
      // So that whoever is nobody is told to wait soon, however slow this machine is.
      PARLEY_RATE_BAD_CREDENTIALS: '1/200',
      PARLEY_MAX_UPLOAD_BYTES: String(MAX_UPLOAD_BYTES),
    },
  });
  const { api_key, management_token, operator_token } = server.bootstrap;
  const rt = await mintKey(server, api_key, { type: 'rt' });
  keys = { api: api_key, rt, management: management_token, operator: operator_token };
  operations = await describedOperations(server);
  ({ browser } = await registerFirst(server));
  jobs = { done: await submit(), deleted: await submit() };
  await endOfJob(server, api_key, jobs.done);
  await ask(server, `/v2/jobs/${jobs.deleted}?force=true`, { method: 'DELETE', key: api_key });
});
afterAll(() => server?.stop());

const audio = () => new Uint8Array(silentWav(32_000));
const speech = async () => new Uint8Array(await readFixture('speech.wav'));

async function submit(form = jobForm(audio())): Promise<string> {
  const answer = await ask(server, '/v2/jobs', { method: 'POST', key: keys.api, body: form });
  return answer.json<{ id: string }>().id;
}

const UNKNOWN_IDS: Readonly<Record<string, string>> = {
  ...UNKNOWN,
  jobid: '0000000000',
  apikey_id: 'key_0000000000000000',
  project_id: '999999',
  client_ref: 'nobody',
  workspace_id: 'ws_0000000000000000',
  token_id: 'tok_0000000000000000',
  kid: 'sk_0000000000000000',
  request_id: '0'.repeat(32),
  token: 'junk',
};

/** What a well-formed request cannot do without. */
const QUERY: Readonly<Record<string, string>> = {
  'GET /v2/jobs/{jobid}/object-urls': '?ttl=60&url_for=data',
};
const bodyOf = ({ name }: Operation): object => {
  if (/POST \/v1\/api[-_]keys$/.test(name)) return { project_id: 999_999, name: 'x' };
  if (name.endsWith('/invitations')) return {};
  if (name.endsWith('/management-tokens')) return { name: 'x', permissions: ['projects:view'] };
  return name.endsWith('/rotate') ? {} : { name: 'x' };
};

const pathOf = ({ name, path }: Operation, query = QUERY[name] ?? '') =>
  path.replace(/\{(\w+)\}/g, (_, id: string) => UNKNOWN_IDS[id] ?? '') + query;

const isOfOperator = ({ path }: Operation) => path.startsWith('/v1/operator/') || path === '/metrics';

function keyFor(operation: Operation): string {
  if (operation.path.startsWith('/v2/')) return keys.api;
  return isOfOperator(operation) ? keys.operator : keys.management;
}

/** What makes a caller known who may call the operation. */
const callerOf = (operation: Operation): AskOptions =>
  isOfPortal(operation) ? { headers: { cookie: browser.cookie, ...ownPage() } } : { key: keyFor(operation) };

const ownPage = () => ({ origin: server.baseUrl, 'sec-fetch-site': 'same-origin' });

/** Of things of nobody, in the portal those of one's own workspace. */
const knownPathOf = (operation: Operation, query?: string) =>
  isOfPortal(operation)
    ? pathOf(operation, query).replace(UNKNOWN.workspace_id ?? '', server.bootstrap.workspace_id)
    : pathOf(operation, query);

/** Sends, and fails unless the answer is described and has the status. */
async function expectDescribed(operation: Operation, status: number, path: string, options: AskOptions = {}) {
  const answer = await ask(server, path, { method: operation.method, ...options });
  expect({ status: answer.status, body: answer.text.slice(0, 300) }, operation.name).toMatchObject({
    status,
  });
  expect(deviations(operation, answer), `${operation.name} ${status}`).toEqual([]);
  seen.add(`${operation.name} ${status}`);
}

const named = (name: string): Operation => {
  const found = operations.find((one) => one.name === name);
  if (!found) throw new Error(`${name} is not described`);
  return found;
};

describe('every operation', () => {
  it('refuses as described whoever may not, or is nobody', async () => {
    for (const operation of operations.filter((one) => !one.isPublic && !isOfPortal(one))) {
      await expectDescribed(operation, 401, pathOf(operation));
      if (isOfOperator(operation)) continue;
      await expectDescribed(operation, 403, pathOf(operation), { key: keys.rt });
    }
  });

  it('of the portal refuses as described who is not signed in, and pages of others', async () => {
    for (const operation of operations.filter(isOfPortal)) {
      const headers = { origin: 'https://evil.example', cookie: browser.cookie };
      await expectDescribed(operation, 403, pathOf(operation), { headers });
      if (operation.isPublic) continue;
      await expectDescribed(operation, 401, pathOf(operation), { headers: ownPage(), key: keys.api });
    }
  });

  it('of the portal takes as described what the table of its routes sends', async () => {
    const refusals = [401, 403, 404, 409, 410];
    for (const operation of await portalOperations(server)) {
      // It ends the session that the next one needs.
      if (/\/(sign-out|sign-in)$/.test(operation.path)) continue;
      const ids = { workspace_id: server.bootstrap.workspace_id };
      const answer = await browser.ask(operation.method, operation.pathWith(ids), operation.valid);
      expect([200, 201, ...refusals], `${operation.name} ${answer.text}`).toContain(answer.status);
      expect(deviations(operation, answer), operation.name).toEqual([]);
    }
  });

  it('says as described that there is no such thing', async () => {
    for (const operation of operations.filter(({ path }) => path.includes('{'))) {
      // To erase an end user nobody knows is no error, in a project that is there.
      const body = operation.body && JSON.stringify(bodyOf(operation));
      const options = { ...callerOf(operation), ...(body !== undefined && { body }) };
      await expectDescribed(operation, 404, pathOf(operation), options);
    }
  });

  it('refuses as described a body that is no JSON, or too long', async () => {
    for (const operation of operations.filter(({ method, body }) => method !== 'GET' && !isForm(body))) {
      const caller = callerOf(operation);
      if (operation.path.startsWith('/v1/secret-scanning/')) continue;
      await expectDescribed(operation, 400, knownPathOf(operation), { ...caller, body: '{' });
      const body = JSON.stringify({ x: 'x'.repeat(1_000_000) });
      await expectDescribed(operation, 413, knownPathOf(operation), { ...caller, body });
    }
  });

  it('refuses as described values outside their bounds', async () => {
    for (const operation of operations.filter((one) => '422' in one.responses)) {
      const inQuery = operation.parameters.some((one) => one.in === 'query');
      const path = knownPathOf(operation, inQuery ? '?x=1&x=2' : '');
      const bad = inQuery ? {} : { body: '[]' };
      await expectDescribed(operation, 422, path, { ...callerOf(operation), ...bad });
    }
  });
});

const isRead = ({ method }: Operation) => method === 'GET';
const isForm = (body: Operation['body']) => body?.type === 'multipart/form-data';

describe('a submission', () => {
  const post = (status: number, body: FormData, query = '') =>
    expectDescribed(named('POST /v2/jobs'), status, `/v2/jobs${query}`, { key: keys.api, body });
  const configured = (config: object) => jobForm(audio(), { config });
  const transcription = (members: object) => ({
    type: 'transcription',
    transcription_config: { language: 'en', ...members },
  });

  it.each(['', '?wait=0', '?wait=30', '?wait=30&format=txt', '?wait=30&format=srt'])(
    'with %j is accepted as described',
    (query) => post(201, jobForm(audio()), query),
  );

  it('is refused as described', async () => {
    await post(400, configured({ type: 'none' }));
    await post(400, configured({ type: 'transcription', transcription_config: {} }));
    await post(400, configured(transcription({ language: 'zz' })));
    await post(400, configured(transcription({ model: 'none' })));
    await post(400, jobForm(new Uint8Array(100)));
    const alone = new FormData();
    alone.append('config', JSON.stringify(ENGLISH));
    await post(400, alone);
    await post(400, new FormData());
    await post(413, jobForm(new Uint8Array(MAX_UPLOAD_BYTES + 1)));
    await post(422, jobForm(audio()), '?wait=x');
  });
});

describe('a job', () => {
  const of = (suffix: string, method = 'GET') => named(`${method} /v2/jobs/{jobid}${suffix}`);
  const get = (status: number, suffix: string, { id = jobs.done, query = '' } = {}) =>
    expectDescribed(of(suffix), status, `/v2/jobs/${id}${suffix}${query}`, { key: keys.api });

  it('is answered as described, and so is each of its files', async () => {
    await get(200, '');
    for (const query of ['', '?format=json-v2', '?format=txt', '?format=srt'])
      await get(200, '/transcript', { query });
    await get(200, '/data');
    await get(200, '/log');
    await get(200, '/object-urls', { query: '?ttl=60&url_for=data,transcript' });
    await get(422, '/object-urls', { query: '?ttl=60&url_for=x' });
    await get(422, '/transcript', { query: '?format=x' });
  });

  it('that was deleted is answered as described', async () => {
    await get(200, '', { id: jobs.deleted });
    await get(410, '/transcript', { id: jobs.deleted });
    await get(410, '/data', { id: jobs.deleted });
    await get(410, '/log', { id: jobs.deleted });
    await get(410, '/text', { id: jobs.deleted });
    await get(410, '/alignment', { id: jobs.deleted });
    await get(410, '/object-urls', { id: jobs.deleted, query: '?ttl=60&url_for=data' });
    await expectDescribed(of('', 'DELETE'), 404, `/v2/jobs/${jobs.deleted}`, { key: keys.api });
  });

  it('of type alignment has a text and an alignment, as described; no other has', async () => {
    const config = { type: 'alignment', alignment_config: { language: 'en' } };
    const form = jobForm(await speech(), { config });
    form.append('text_file', new Blob(['one two']), 'text.txt');
    const id = await submit(form);
    await endOfJob(server, keys.api, id);
    await get(200, '/text', { id });
    await get(200, '/alignment', { id, query: '?tags=one_per_line' });
    await get(404, '/text');
    await get(404, '/alignment');
    await get(422, '/alignment', { query: '?tags=x' });
    await get(404, '/transcript', { id });
  });

  it('that runs is answered as described, and deleted with force alone', async () => {
    const id = await submit(jobForm(await longRecording({ minutes: 15 })));
    const options = { key: keys.api };
    await expectDescribed(of('', 'DELETE'), 423, `/v2/jobs/${id}`, options);
    await get(200, '', { id, query: '?wait=0' });
    await get(404, '/transcript', { id, query: '?wait=0' });
    await expectDescribed(of('', 'DELETE'), 200, `/v2/jobs/${id}?force=true`, options);
  });

  it('is read by signed URLs as described', async () => {
    const path = `/v2/jobs/${jobs.done}/object-urls?ttl=60&url_for=data,transcript`;
    const urls = (await ask(server, path, { key: keys.api })).json<Record<string, string>>();
    for (const url of Object.values(urls))
      await expectDescribed(named('GET /objects/{token}'), 200, new URL(url).pathname);
  });
});

describe('the rest of the Batch API', () => {
  it.each(['/v2/jobs', '/v2/jobs?include_deleted=true&limit=100', '/v2/usage', '/v2/usage?since=2024-01-01'])(
    '%s is answered as described',
    (path) => expectDescribed(named(`GET ${path.split('?')[0]}`), 200, path, { key: keys.api }),
  );

  it.each([
    '/v1/discovery/features',
    '/.well-known/jwks.json',
    '/health/live',
    '/health/ready',
    '/openapi.json',
  ])('%s is answered as described', (path) => expectDescribed(named(`GET ${path}`), 200, path));

  it('/metrics is answered as described', () =>
    expectDescribed(named('GET /metrics'), 200, '/metrics', { key: keys.operator }));
});

/** What cannot be brought about here in an ordinary way; other suites do. */
const ELSEWHERE = [
  /^GET \/health\/ready 503/,
  /^GET \/objects\/\{token\} (410|429)/,
  / \/v1\/secret-scanning/,
];

/** Many at once: one after the other a busy machine may be no faster than the rate. */
async function firstRefusal(attempt: () => Promise<Answer>): Promise<Answer | undefined> {
  for (let round = 0; round < 50; round += 1) {
    const answers = await Promise.all(Array.from({ length: 20 }, attempt));
    const refused = answers.find(({ status }) => status === 429);
    if (refused) return refused;
  }
  return undefined;
}

describe('at the end', () => {
  it('everybody is told to slow down as described', async () => {
    for (const operation of operations.filter((one) => !one.isPublic && (!isOfPortal(one) || isRead(one)))) {
      const options = { method: operation.method, ...(isOfPortal(operation) && callerOf(operation)) };
      const slowedDown = await firstRefusal(() => ask(server, pathOf(operation), options));
      expect(slowedDown, operation.name).toBeDefined();
      expect(slowedDown && deviations(operation, slowedDown), operation.name).toEqual([]);
      seen.add(`${operation.name} 429`);
    }
  });

  it('every status that the Batch API describes has been answered', () => {
    const described = operations
      .filter(({ path }) => !/^\/(portal\/|v1\/(?!discovery))/.test(path))
      .flatMap(({ name, responses }) => Object.keys(responses).map((status) => `${name} ${status}`));
    const missing = described.filter(
      (one) => !one.endsWith('default') && !seen.has(one) && !ELSEWHERE.some((known) => known.test(one)),
    );
    expect(missing).toEqual([]);
  });
});
