import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ask, createApiKey, endOfJob, mintKey, submitSpeech } from '../helpers/api.ts';
import {
  type EnvironmentUnderTest,
  type InstallationUnderTest,
  startInstallation,
} from '../helpers/environments.ts';
import { expectJson, newCustomer, newKey, operate, send } from '../helpers/management.ts';
import { parleyIn } from '../helpers/parley.ts';
import { temporaryDirectory } from '../helpers/per-test.ts';
import { query } from '../helpers/query.ts';
import { bearer, rawAnswer, requestHead } from '../helpers/raw-http.ts';

/** A control plane and two environments in two regions, each with a PostgreSQL of its own. */
let installation: InstallationUnderTest;
let eu: EnvironmentUnderTest;
let us: EnvironmentUnderTest;

beforeAll(async () => {
  installation = await startInstallation(['EU1', 'US1']);
  [eu, us] = installation.environments as [EnvironmentUnderTest, EnvironmentUnderTest];
});
afterAll(() => installation?.close());

const statusIn = async ({ server }: EnvironmentUnderTest, key: string) =>
  (await ask(server, '/v2/jobs', { key })).status;
const usableIn = (environment: EnvironmentUnderTest, key: string) =>
  expect.poll(() => statusIn(environment, key)).toBe(200);

interface Receipt {
  readonly receipt: {
    readonly complete: boolean;
    readonly environments: readonly { readonly environment: string; readonly nodes: readonly unknown[] }[];
  };
}

describe('a key', () => {
  it('of a region works in its environments and is unknown elsewhere', async () => {
    const key = await createApiKey(installation.control, { name: 'Recorder' });
    await usableIn(eu, key);
    expect(await statusIn(us, key)).toBe(401);
    const temporary = await mintKey(installation.control, key);
    expect(await statusIn(eu, temporary)).toBe(200);
    expect(await statusIn(us, temporary)).toBe(401);
    const stored = (url: string) => query(url, `select name from api_keys where name = 'Recorder'`);
    expect([await stored(eu.cluster.url), await stored(us.cluster.url)]).toEqual([
      [{ name: 'Recorder' }],
      [],
    ]);
  });

  it('comes to a region when its workspace is contracted for it, and goes when it is no more', async () => {
    const { control } = installation;
    const { workspaceId, apiKey } = await newCustomer(control, {
      customer_type: 'enterprise',
      regions: ['eu'],
    });
    await usableIn(eu, apiKey);
    expect(await statusIn(us, apiKey)).toBe(401);
    await expectJson(
      200,
      operate(control, 'PATCH', `/workspaces/${workspaceId}`, { regions: ['eu', 'usa'] }),
    );
    await usableIn(us, apiKey);
    await expectJson(200, operate(control, 'PATCH', `/workspaces/${workspaceId}`, { regions: ['usa'] }));
    await expect.poll(() => statusIn(eu, apiKey)).toBe(401);
    expect(await statusIn(us, apiKey)).toBe(200);
  });

  it('that is revoked is refused everywhere once the receipt is complete', async () => {
    const { control } = installation;
    const { token, projectId } = await newCustomer(control, {
      customer_type: 'enterprise',
      temporary_keys_enabled: true,
      regions: ['eu', 'usa'],
    });
    for (let round = 0; round < 10; round += 1) {
      const { id, value } = await newKey(control, { token, projectId });
      await Promise.all([usableIn(eu, value), usableIn(us, value)]);
      const temporary = await mintKey(control, value);
      const { receipt } = await expectJson<Receipt>(
        200,
        send(control, token, 'DELETE', `/v1/api_keys/${id}?wait=10`),
      );
      expect(receipt.complete).toBe(true);
      // Each by its own node alone: those of the control database serve the others.
      const nodes = new Map(receipt.environments.map((one) => [one.environment, one.nodes.length]));
      expect([nodes.get('EU1'), nodes.get('US1'), nodes.get('EU2')]).toEqual([1, 1, 1]);
      const statuses = await Promise.all(
        [eu, us].flatMap((environment) => [statusIn(environment, value), statusIn(environment, temporary)]),
      );
      expect(statuses).toEqual([401, 401, 401, 401]);
    }
  });
});

describe('a receipt', () => {
  const revoke = async (token: string, projectId: number, wait: number) => {
    const { id } = await newKey(installation.control, { token, projectId });
    const answer = send(installation.control, token, 'DELETE', `/v1/api_keys/${id}?wait=${wait}`);
    return (await expectJson<Receipt>(200, answer)).receipt;
  };

  it('waits for the environments that may know the key, and for no other that is cut off', async () => {
    const { control } = installation;
    const enterprise = { customer_type: 'enterprise' };
    const near = await newCustomer(control, { ...enterprise, regions: ['eu'] });
    const both = await newCustomer(control, { ...enterprise, regions: ['eu', 'usa'] });
    await usableIn(us, both.apiKey);
    us.links.toControl.cut();
    us.links.toEnvironment.cut();
    onTestFinished(() => {
      us.links.toControl.restore();
      us.links.toEnvironment.restore();
    });
    const ofNear = await revoke(near.token, near.projectId, 10);
    expect([ofNear.complete, JSON.stringify(ofNear)]).toEqual([true, expect.not.stringContaining('"US1"')]);
    expect(await revoke(both.token, both.projectId, 1)).toMatchObject({ complete: false });
    // It has left the region, but the environment there has not heard of it.
    await expectJson(200, operate(control, 'PATCH', `/workspaces/${both.workspaceId}`, { regions: ['eu'] }));
    expect(await revoke(both.token, both.projectId, 1)).toMatchObject({ complete: false });
    expect(await statusIn(us, both.apiKey)).toBe(200);
    us.links.toControl.restore();
    us.links.toEnvironment.restore();
    await expect.poll(() => statusIn(us, both.apiKey), { timeout: 30_000 }).toBe(401);
    expect(await revoke(both.token, both.projectId, 10)).toMatchObject({ complete: true });
  });
});

describe('a job', () => {
  it('is in the environment that took it, and its usage and its key’s last use come to the control plane', async () => {
    const { control } = installation;
    const { token, apiKey, workspaceId } = await newCustomer(control, { regions: ['eu'] });
    await usableIn(eu, apiKey);
    const id = await submitSpeech(eu.server, apiKey);
    await endOfJob(eu.server, apiKey, id);
    // Of no environment, but a use of the key all the same.
    expect((await ask(eu.server, '/v1/nowhere', { key: apiKey })).status).toBe(404);
    const url = installation.controlCluster.url;
    await expect
      .poll(() =>
        query(url, 'select environment, count from usage_daily where workspace_id = $1', [workspaceId]),
      )
      .toEqual([{ environment: 'EU1', count: 1 }]);
    expect(await query(url, 'select 1 from jobs')).toEqual([]);
    const lastUsed = async () =>
      (await send(control, token, 'GET', '/v1/api_keys')).json<{ last_used_at?: string }[]>()[0]
        ?.last_used_at;
    await expect.poll(lastUsed, { timeout: 20_000 }).toMatch(/^\d{4}-/);
  });

  it('of an end user that is erased goes, in every environment of its region', async () => {
    const { control } = installation;
    const { token, apiKey, projectId } = await newCustomer(control, { regions: ['eu'] });
    await usableIn(eu, apiKey);
    const theirs = await mintKey(control, apiKey, { client_ref: 'USER123' });
    const id = await submitSpeech(eu.server, theirs);
    await endOfJob(eu.server, theirs, id);
    const kept = await submitSpeech(eu.server, apiKey);
    await endOfJob(eu.server, apiKey, kept);
    const erased = await send(
      control,
      token,
      'DELETE',
      `/v1/projects/${projectId}/client-refs/USER123?wait=10`,
    );
    expect(erased.status).toBe(200);
    const jobs = await ask(eu.server, '/v2/jobs', { key: apiKey });
    expect(jobs.json<{ jobs: { id: string }[] }>().jobs.map((job) => job.id)).toEqual([kept]);
    expect(await statusIn(eu, theirs)).toBe(401);
    for (const url of [installation.controlCluster.url, eu.cluster.url]) {
      await expect.poll(() => query(url, 'select project_id from erasures')).toEqual([]);
      await expect.poll(() => query(url, 'select project_id from erasures_done')).toEqual([]);
    }
  });
});

describe('an erasure that is asked for again', () => {
  it('reaches a region that was contracted for meanwhile', async () => {
    const { control } = installation;
    const { token, apiKey, workspaceId, projectId } = await newCustomer(control, {
      customer_type: 'enterprise',
      temporary_keys_enabled: true,
      regions: ['eu'],
    });
    const links = [eu.links.toControl, eu.links.toEnvironment];
    for (const link of links) link.cut();
    onTestFinished(() => {
      for (const link of links) link.restore();
    });
    const erase = () => send(control, token, 'DELETE', `/v1/projects/${projectId}/client-refs/USER123`);
    expect((await erase()).status).toBe(200);
    const regions = ['eu', 'usa'];
    await expectJson(200, operate(control, 'PATCH', `/workspaces/${workspaceId}`, { regions }));
    await usableIn(us, apiKey);
    const theirs = await mintKey(control, apiKey, { client_ref: 'USER123', region: 'usa' });
    const id = await submitSpeech(us.server, theirs);
    await endOfJob(us.server, theirs, id);
    expect((await erase()).status).toBe(200);
    await expect.poll(async () => (await ask(us.server, `/v2/jobs/${id}`, { key: apiKey })).status).toBe(404);
    for (const link of links) link.restore();
    const pending = async () => {
      expect((await erase()).status).toBe(200);
      return query(installation.controlCluster.url, 'select project_id from erasures');
    };
    await expect.poll(pending, { timeout: 60_000 }).toEqual([]);
  });
});

describe('what an environment has refused', () => {
  it('is explained in the control plane, and its own log is kept and verified there', async () => {
    const { control } = installation;
    const { operator_token: operator } = control.bootstrap;
    const { token, projectId } = await newCustomer(control, { regions: ['eu'] });
    const { id, value } = await newKey(control, { token, projectId });
    await usableIn(eu, value);
    await expectJson(200, send(control, token, 'DELETE', `/v1/api_keys/${id}?wait=10`));
    const { headers } = await ask(eu.server, '/v2/jobs', { key: value });
    const requestId = headers.get('request-id');
    const explain = () => send(control, operator, 'GET', `/v1/operator/requests/${requestId}`);
    await expect.poll(async () => (await explain()).status).toBe(200);
    expect((await explain()).json()).toMatchObject({ reason: 'revoked', apikey_id: id });
    const read = async (of: string) =>
      (await send(control, operator, 'GET', `/v1/operator/audit${of}`)).json();
    await expect
      .poll(async () => JSON.stringify(await read('?environment=EU1')), { timeout: 90_000, interval: 1_000 })
      .toContain('requests.refused');
    const own = await read('/verify?environment=EU1');
    expect(own).toMatchObject({ ok: true });
    const { baseUrl: url, dataDir } = control;
    const target = ['--url', url, '--token-file', `${dataDir}/bootstrap.json`, '--environment', 'EU1'];
    expect(await parleyIn({}, 'audit', 'verify', ...target)).toMatchObject({ code: 0, err: '' });
    await query(
      installation.controlCluster.url,
      `update audit_events set details = '{}' where origin = 'EU1'`,
    );
    expect(await read('/verify?environment=EU1')).toMatchObject({ ok: false, fault: { kind: 'altered' } });
    expect(await read('/verify')).toMatchObject({ ok: true });
    expect((await send(control, operator, 'GET', '/v1/operator/audit/verify?environment=XX9')).status).toBe(
      404,
    );
  });
});

describe('nodes of an environment', () => {
  it('serve it alone, whatever the host', async () => {
    const { apiKey } = await newCustomer(installation.control, {
      customer_type: 'enterprise',
      regions: ['eu', 'usa'],
    });
    await usableIn(eu, apiKey);
    const at = (host: string) =>
      rawAnswer(eu.server, requestHead('GET', '/v2/jobs', [['Host', host], bearer(apiKey)]));
    expect((await at('eu1.asr.api.localhost')).status).toBe(200);
    const { status, body } = await at('eu2.asr.api.localhost');
    expect([status, body]).toEqual([403, expect.stringContaining('EU2 is served elsewhere')]);
  });

  it.each([
    ['the role control', { PARLEY_ROLES: 'control' }, /PARLEY_ROLES must leave out control/],
    ['another pepper', { PARLEY_PEPPER_FILE: '' }, /PARLEY_PEPPER_FILE must be that of the control plane/],
  ])('do not start with %s', async (_, wrong, sentence) => {
    const env = { ...eu.env, PARLEY_PORT: '0', PARLEY_DATA_DIR: temporaryDirectory(), ...wrong };
    const { code, err } = await parleyIn(env, 'serve');
    expect([code, err]).toEqual([78, expect.stringMatching(sentence)]);
  });
});

it('an operator token is not recovered into the database of an environment', async () => {
  const recover = (env: Readonly<Record<string, string>>) =>
    parleyIn(env, 'operator-tokens', 'recover', '--name', 'Lost');
  const { PARLEY_PEPPER_FILE = '' } = eu.env;
  const tokens = () =>
    query(
      eu.cluster.url,
      `select name from admin_tokens union all
      select action from audit_events where action like 'operator_token.%'`,
    );
  expect(await recover(eu.env)).toEqual({
    code: 78,
    out: '',
    err: 'parley: PARLEY_DATABASE_URL must name the control database: this is the database of EU1, which has no operator tokens\n',
  });
  expect(await tokens()).toEqual([]);
  const { code, out } = await recover({
    PARLEY_DATABASE_URL: installation.controlCluster.url,
    PARLEY_PEPPER_FILE,
  });
  expect(code).toBe(0);
  const answer = send(installation.control, out.trim(), 'GET', '/v1/operator/tokens');
  expect(await expectJson<object[]>(200, answer)).toMatchObject([{ name: 'Lost' }, {}]);
});

describe('parley environments', () => {
  it('init may be repeated and changes nothing', async () => {
    const before = await query(eu.cluster.url, 'select subname, oid from pg_subscription');
    expect(await eu.init()).toContain('follows it already');
    expect(await query(eu.cluster.url, 'select subname, oid from pg_subscription')).toEqual(before);
    const key = await createApiKey(installation.control, { name: 'After' });
    await usableIn(eu, key);
  });

  it('status tells how far each is', async () => {
    const { code, out } = await installation.run(['status']);
    expect([code, out]).toEqual([0, expect.stringMatching(/EU1 +eu +0 changes +0\.\d s ago +reserved/)]);
    const { out: json } = await installation.run(['status', '--json']);
    expect(JSON.parse(json)).toMatchObject([
      {
        environment: 'EU1',
        region: 'eu',
        changesBehind: 0,
        hasMissedChanges: false,
        slot: { isActive: true },
      },
      { environment: 'US1', region: 'usa' },
    ]);
  });

  it.each([
    [
      'an environment that is not there',
      ['init', 'XX1'],
      {},
      /there is no environment XX1; the topology has EU1/,
    ],
    ['no database', ['init', 'EU2'], {}, /PARLEY_ENVIRONMENT_DATABASE_URL must name the database of EU2/],
    [
      'the database of another environment',
      ['init', 'EU2'],
      () => ({ PARLEY_ENVIRONMENT_DATABASE_URL: eu.cluster.url }),
      /the database of EU2 is that of EU1 already/,
    ],
    [
      'the control database itself',
      ['init', 'EU2'],
      () => ({ PARLEY_ENVIRONMENT_DATABASE_URL: installation.controlCluster.url }),
      /must be another one than the control database/,
    ],
    [
      'the two exchanged',
      ['init', 'EU2'],
      async () => ({
        PARLEY_DATABASE_URL: eu.cluster.url,
        PARLEY_ENVIRONMENT_DATABASE_URL: await eu.cluster.createDatabase(),
      }),
      /the control database is that of the environment EU1/,
    ],
  ] as const)('says what is wrong with %s', async (_, args, env, sentence) => {
    const { code, err } = await installation.run(args, typeof env === 'function' ? await env() : env);
    expect([code === 0, err]).toEqual([false, expect.stringMatching(sentence)]);
  });

  it('remove lets one go: nothing is kept for it, and no receipt waits', async () => {
    const { control, controlCluster, run } = installation;
    await us.server.stop();
    const { code } = await run(['remove', 'US1'], { PARLEY_ENVIRONMENT_DATABASE_URL: us.cluster.url });
    expect(code).toBe(0);
    for (const url of [controlCluster.url, us.cluster.url]) {
      expect(
        await query(url, `select slot_name from pg_replication_slots where slot_name like '%us1'`),
      ).toEqual([]);
      expect(await query(url, `select subname from pg_subscription where subname like '%us1'`)).toEqual([]);
    }
    const { token, projectId } = await newCustomer(control, { regions: ['eu'] });
    const { id } = await newKey(control, { token, projectId });
    const { receipt } = await expectJson<Receipt>(
      200,
      send(control, token, 'DELETE', `/v1/api_keys/${id}?wait=10`),
    );
    expect(receipt.complete).toBe(true);
  });
});
