import fc, { type Arbitrary } from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentWav } from '../fixtures/audio/samples.ts';
import { type AskOptions, ask, ENGLISH, endOfJob, jobForm, mintKey } from '../helpers/api.ts';
import { fuzz, fuzzTimeoutMs } from '../helpers/fuzz.ts';
import { describedOperations, deviations, type Operation, type Parameter } from '../helpers/openapi.ts';
import { MANY_SIGN_INS, type Person, projectOf, register } from '../helpers/portal.ts';
import { isOfPortal } from '../helpers/portal-routes.ts';
import { inputsFor, textOf } from '../helpers/schema-inputs.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/**
 * Requests made from `/openapi.json`: near enough to it to pass the first checks, odd enough to find the next. Whatever
 * is sent, the answer is described, and it is no fault of the server.
 */
let server: RunningServer;
let operations: readonly Operation[];
let keys: readonly string[];
let ids: Readonly<Record<string, string>>;
/** Somebody at a page of the portal, with the ids of what they reach there. */
let person: Person;
let idsInPortal: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await startServer({
    env: {
      PARLEY_ENGINE: 'scripted',
      PARLEY_RATE_SUBMIT: '10000/100000',
      PARLEY_RATE_READ: '10000/100000',
      PARLEY_RATE_MINT: '10000/100000',
      PARLEY_MAX_RUNNING_JOBS: '100000',
      PARLEY_REGISTRATION: 'open',
      ...MANY_SIGN_INS,
    },
  });
  const { api_key, management_token, operator_token, project_id } = server.bootstrap;
  const body = jobForm(audio);
  const sent = await ask(server, '/v2/jobs', { method: 'POST', key: api_key, body });
  const { id: jobid } = sent.json<{ id: string }>();
  await endOfJob(server, api_key, jobid);
  // Not the workspace: a request that ends its keys would end the test's own.
  ids = { jobid, project_id: String(project_id) };
  keys = [
    api_key,
    await mintKey(server, api_key, { client_ref: 'USER123' }),
    management_token,
    operator_token,
  ];
  person = await register(server);
  // Not the account: one who has left the workspace gets no further.
  idsInPortal = { workspace_id: person.workspaceId, project_id: String(await projectOf(person)) };
  // Making signing keys is slow on purpose, and tried enough elsewhere; who has signed out gets no further.
  operations = (await describedOperations(server)).filter(
    ({ path }) => !/\/(signing-keys\/rotate|sign-out)$/.test(path),
  );
});
afterAll(() => server?.stop());

const audio = new Uint8Array(silentWav(3_200));

interface Sent extends AskOptions {
  /** Of the operation. */
  readonly name: string;
  readonly path: string;
}

const requests = (): Arbitrary<Sent> =>
  fc.oneof(
    ...operations.map((operation) => {
      // Most of what is tried is of the Batch API.
      const weight = operation.path.startsWith('/v2/') ? 6 : 1;
      return { weight, arbitrary: requestTo(operation) };
    }),
  );

const requestTo = (operation: Operation): Arbitrary<Sent> =>
  fc
    .record({
      path: pathTo(operation),
      query: queryOf(operation),
      key: keyFor(operation),
      headers: headersFor(operation),
      body: bodyFor(operation),
    })
    .map(({ path, query, key, headers, body }) => ({
      name: operation.name,
      method: operation.method,
      path: `${path}${query}`,
      headers,
      ...(key !== undefined && { key }),
      ...(body !== undefined && { body }),
    }));

/** Of the person's browser in the portal, mostly on a page of it. */
function headersFor(operation: Operation): Arbitrary<Readonly<Record<string, string>>> {
  if (!isOfPortal(operation)) return fc.constant({});
  const { cookie } = person.browser;
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant({ cookie, origin: server.baseUrl }) },
    { weight: 1, arbitrary: fc.constantFrom({}, { cookie }, { origin: server.baseUrl }) },
  );
}

function pathTo(operation: Operation): Arbitrary<string> {
  const { path, parameters } = operation;
  const knownIds = isOfPortal(operation) ? idsInPortal : ids;
  const texts = parameters
    .filter((one) => one.in === 'path')
    .map(({ name, schema }) => {
      const known = knownIds[name];
      const any = textOf(schema).filter((text) => text !== '' && !/^\.{1,2}$/.test(text));
      return [name, known === undefined ? any : fc.oneof(fc.constant(known), any)] as const;
    });
  return fc
    .record(Object.fromEntries(texts))
    .map((values) => path.replace(/\{(\w+)\}/g, (_, name: string) => escaped(values[name] ?? '')));
}

/** A lone half of a surrogate pair cannot be sent; what stands for it can. */
const escaped = (text: string) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'));

function queryOf({ parameters }: Operation): Arbitrary<string> {
  const inQuery = parameters.filter((one) => one.in === 'query');
  const requiredKeys = inQuery.filter(({ required }) => required).map(({ name }) => name);
  const own = fc.record(Object.fromEntries(inQuery.map((one) => [one.name, queryValue(one)])), {
    requiredKeys,
  });
  return own.map((values) => {
    const text = Object.entries(values).map(([name, value]) => `${name}=${escaped(value)}`);
    return text.length === 0 ? '' : `?${text.join('&')}`;
  });
}

/** Nobody waits for long here. */
const queryValue = ({ name, schema }: Parameter): Arbitrary<string> =>
  name === 'wait' ? fc.constantFrom('0', '1', '-1', 'x', '1e9', '') : textOf(schema);

const keyFor = ({ path }: Operation): Arbitrary<string | undefined> => {
  const [api = '', batch = '', management = '', operator = ''] = keys;
  const likely = path.startsWith('/v2/')
    ? [api, batch]
    : [path.includes('/operator/') ? operator : management];
  return fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...keys, undefined, 'junk') },
  );
};

function bodyFor({ body }: Operation): Arbitrary<AskOptions['body']> {
  if (!body) return fc.constant(undefined);
  if (body.type === 'multipart/form-data') return forms(body.schema);
  return inputsFor(body.schema).map((value) => JSON.stringify(value));
}

/** Parts in any number and order; a config is mostly good, or all would end there. */
function forms(schema: object): Arbitrary<FormData> {
  const { config = {} } = (schema as { properties?: Readonly<Record<string, object>> }).properties ?? {};
  const text = fc.oneof(
    fc.constant(JSON.stringify(ENGLISH)),
    inputsFor(config, 40).map((one) => JSON.stringify(one)),
  );
  const file = fc.oneof(fc.constant(audio), fc.uint8Array({ maxLength: 300 }));
  const part = fc.oneof(
    { weight: 5, arbitrary: text.map((value) => ['config', value] as const) },
    { weight: 5, arbitrary: file.map((value) => ['data_file', new Uint8Array(value)] as const) },
    { weight: 1, arbitrary: fc.string().map((name) => [name, 'x'] as const) },
  );
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => {
    const form = new FormData();
    for (const [name, value] of parts)
      form.append(name, typeof value === 'string' ? value : new Blob([value]));
    return form;
  });
}

it('every answer is described, and none is a fault of the server', {
  timeout: fuzzTimeoutMs(60_000),
}, async () => {
  const met = new Map<string, number>();
  const inPortal = new Set<number>();
  const check = async ({ name, path, ...options }: Sent) => {
    const operation = operations.find((one) => one.name === name);
    if (!operation) throw new TypeError(name);
    const answer = await ask(server, path, options);
    met.set(String(answer.status), (met.get(String(answer.status)) ?? 0) + 1);
    expect(answer.status, answer.text.slice(0, 300)).not.toBe(500);
    expect(deviations(operation, answer)).toEqual([]);
    if (isOfPortal(operation)) inPortal.add(answer.status);
  };
  await fc.assert(fc.asyncProperty(requests(), check), fuzz(300));
  // The inputs reach further than the first check.
  for (const status of ['200', '201', '400', '401', '404', '422']) expect([...met.keys()]).toContain(status);
  for (const status of [200, 404, 422]) expect([...inPortal]).toContain(status);
  expect(server.logs().filter((line) => /"level":[56]0|Warning/.test(line))).toEqual([]);
});
