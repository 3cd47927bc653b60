import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, endOfJob, submitSpeech } from '../../helpers/api.ts';
import { operate } from '../../helpers/management.ts';
import {
  join,
  MANY_SIGN_INS,
  mintInPortal,
  type Person,
  projectOf,
  register,
  registerFirst,
} from '../../helpers/portal.ts';
import { newDatabase } from '../../helpers/postgres.ts';
import { RealtimeClient } from '../../helpers/realtime.ts';
import { joinServer, type RunningServer, startServer } from '../../helpers/server.ts';

/** What a workspace sees of its use, its limits, the installation, the audit log and its refusals. */
let databaseUrl: string;
let server: RunningServer;
let owner: Person;
let member: Person;
let stranger: Person;
let projectId: number;

const ENV = { PARLEY_ENGINE: 'scripted', PARLEY_REGISTRATION: 'open', ...MANY_SIGN_INS };

beforeAll(async () => {
  databaseUrl = await newDatabase();
  server = await startServer({ env: { ...ENV, PARLEY_DATABASE_URL: databaseUrl } });
  owner = await registerFirst(server);
  member = await join(owner);
  stranger = await register(server);
  projectId = await projectOf(owner);
});
afterAll(() => server?.stop());

const at = (rest: string) => `/workspaces/${owner.workspaceId}${rest}`;
const view = <T = Record<string, unknown>>(rest: string, { browser }: Person = member) =>
  browser.expect<T>(200, 'GET', at(rest));
const today = () => new Date().toISOString().slice(0, 10);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

interface Usage {
  readonly since: string;
  readonly until: string;
  readonly rows: readonly {
    readonly day: string;
    readonly value: string;
    readonly label: string;
    readonly count: number;
    readonly duration_hrs: number;
  }[];
}

describe('usage', () => {
  let keyId: string;
  let hours: number;
  beforeAll(async () => {
    const made = await owner.browser.expect<{ apikey_id: string; key_value: string }>(
      201,
      'POST',
      at('/api-keys'),
      { project_id: projectId, name: 'Phones' },
    );
    keyId = made.apikey_id;
    const ids = [await submitSpeech(server, made.key_value), await submitSpeech(server, made.key_value)];
    const ended = await Promise.all(ids.map((id) => endOfJob(server, made.key_value, id)));
    hours = ended.reduce((sum, { duration }) => sum + duration, 0) / 3_600;
    const mine = await mintInPortal(member, projectId, { client_ref: 'USER123' });
    await endOfJob(server, mine, await submitSpeech(server, mine));
    const jwt = await mintInPortal(stranger, await projectOf(stranger), { type: 'batch' });
    await endOfJob(server, jwt, await submitSpeech(server, jwt));
  });

  it('of 30 days is told by day, today included', async () => {
    const usage = await view<Usage>('/usage');
    expect(usage).toMatchObject({ since: daysAgo(29), until: today() });
    expect(usage.rows).toEqual([
      { day: today(), value: '', label: '', count: 3, duration_hrs: expect.any(Number) },
    ]);
    expect(Math.abs((usage.rows[0]?.duration_hrs ?? 0) - hours * 1.5)).toBeLessThan(hours * 0.05);
  });

  it('is told by product, model, language, project, key and client_ref, with names', async () => {
    const rowsBy = async (by: string) =>
      (await view<Usage>(`/usage?by=${by}`)).rows.map(({ value, label, count }) => ({ value, label, count }));
    expect(await rowsBy('product')).toEqual([{ value: 'batch', label: 'batch', count: 3 }]);
    expect(await rowsBy('project')).toEqual([
      { value: String(projectId), label: 'Default project', count: 3 },
    ]);
    expect(await rowsBy('language')).toEqual([{ value: 'en', label: 'en', count: 3 }]);
    expect(await rowsBy('model')).toHaveLength(1);
    expect(await rowsBy('client_ref')).toEqual([
      { value: '', label: '', count: 2 },
      { value: 'USER123', label: 'USER123', count: 1 },
    ]);
    const byKey = await rowsBy('key');
    expect(byKey).toHaveLength(2);
    expect(byKey).toContainEqual({ value: keyId, label: 'Phones', count: 2 });
    expect(byKey.map(({ label }) => label)).toContain(`Portal: ${member.email}`);
  });

  it('is told of the days asked for', async () => {
    const path = (since: string, until: string) => `/usage?since=${since}&until=${until}`;
    expect(await view<Usage>(path(daysAgo(2), daysAgo(1)))).toEqual({
      since: daysAgo(2),
      until: daysAgo(1),
      rows: [],
    });
    expect((await view<Usage>(path(today(), today()))).rows).toHaveLength(1);
    expect(await view<Usage>(`/usage?until=${daysAgo(1)}`)).toMatchObject({ since: daysAgo(30), rows: [] });
    for (const query of [
      '?by=colour',
      '?since=yesterday',
      '?since=2024-02-30',
      `?since=${today()}&until=${daysAgo(1)}`,
      '?by=day&by=key',
      '?by=value%20from%20accounts',
    ])
      expect((await member.browser.ask('GET', at(`/usage${query}`))).status, query).toBe(422);
  });

  it('of another workspace is its own', async () => {
    const path = `/workspaces/${stranger.workspaceId}/usage`;
    const { rows } = await stranger.browser.expect<Usage>(200, 'GET', path);
    expect(rows).toMatchObject([{ count: 1 }]);
  });
});

describe('limits and what is under way', () => {
  it('are told with what is used', async () => {
    expect(await view('/limits')).toMatchObject({
      monthly_audio_hours: null,
      max_running_jobs: null,
      max_sessions: null,
      environments: [
        { environment: 'EU1', audio_hours: expect.any(Number), unfinished_jobs: 0, sessions: 0 },
      ],
    });
    const terms = { monthly_audio_hours: 10, max_running_jobs: 5, max_sessions: 3 };
    await operate(server, 'PATCH', `/workspaces/${owner.workspaceId}`, terms);
    expect(await view('/limits')).toMatchObject(terms);
    expect(
      await stranger.browser.expect(200, 'GET', `/workspaces/${stranger.workspaceId}/limits`),
    ).toMatchObject({
      max_sessions: null,
    });
  });

  it('count an open session where it is, for its own workspace', async () => {
    const jwt = await mintInPortal(member, projectId, { type: 'rt' });
    const session = await RealtimeClient.start(server, { jwt });
    const open = async (person: Person) => {
      const path = `/workspaces/${person.workspaceId}/environments`;
      const { environments } = await person.browser.expect<Pick<Environments, 'environments'>>(
        200,
        'GET',
        path,
      );
      return environments.reduce((sum, { work }) => sum + (work?.sessions ?? 0), 0);
    };
    expect([await open(owner), await open(stranger)]).toEqual([1, 0]);
    expect(await view('/limits')).toMatchObject({
      environments: expect.arrayContaining([expect.objectContaining({ environment: 'EU2', sessions: 1 })]),
    });
    await session.finish();
    await expect.poll(() => open(owner), { timeout: 3_000 }).toBe(0);
  });
});

interface Environments {
  readonly version: number;
  readonly environments: readonly {
    readonly environment: string;
    readonly is_up: boolean;
    readonly work: { readonly sessions: number } | null;
    readonly nodes: readonly {
      readonly node_id: string;
      readonly is_live: boolean;
      readonly applied_version: number;
    }[];
  }[];
}

describe('environments', () => {
  it('are told with their products, hosts and nodes', async () => {
    const { environments, version } = await view<Environments>('/environments');
    expect(environments.map(({ environment }) => environment)).toEqual(['AU1', 'EU1', 'EU2', 'US1', 'US2']);
    expect(environments[1]).toEqual({
      environment: 'EU1',
      products: expect.arrayContaining(['batch']),
      region: 'eu',
      hosts: expect.arrayContaining([expect.stringContaining('asr.api')]),
      is_up: true,
      nodes: [
        {
          node_id: expect.stringMatching(/^node_/),
          started_at: expect.stringMatching(/Z$/),
          is_live: true,
          roles: ['api', 'realtime', 'worker', 'control'],
          applied_version: expect.any(Number),
        },
      ],
      replication: null,
      work: { sessions: 0, running_jobs: 0, waiting_jobs: 0 },
    });
    expect(version).toBeGreaterThan(0);
  });

  it('tell how far each node has come, of a node that joins and one that is lost', async () => {
    const other = await joinServer(server, { ...ENV, PARLEY_DATABASE_URL: databaseUrl });
    const nodes = async () => (await view<Environments>('/environments')).environments[1]?.nodes ?? [];
    expect(await nodes()).toHaveLength(2);
    await owner.browser.expect(201, 'POST', at('/projects'), { name: 'a change' });
    const behind = async () => {
      const { version, environments } = await view<Environments>('/environments');
      return environments.flatMap((one) => one.nodes).filter((node) => node.applied_version < version).length;
    };
    await expect.poll(behind, { timeout: 5_000 }).toBe(0);
    other.kill('SIGKILL');
    await other.stop();
    const live = async () => (await nodes()).map((node) => node.is_live).sort();
    await expect.poll(live, { timeout: 15_000, interval: 200 }).toEqual([false, true]);
    expect((await view<Environments>('/environments')).environments.every((one) => one.is_up)).toBe(true);
  });
});

interface Entry {
  readonly sequence: number;
  readonly action: string;
  readonly target: string;
  readonly workspace_id: string;
  readonly actor: { readonly kind: string; readonly id: string; readonly name?: string };
}

describe('the audit log', () => {
  const entries = async (query = '') => (await view<{ entries: Entry[] }>(`/audit${query}`, owner)).entries;

  it('holds what was done in the workspace, newest first, with the names of who did it', async () => {
    const all = await entries('?limit=1000');
    expect(all.length).toBeGreaterThan(5);
    expect(new Set(all.map((one) => one.workspace_id))).toEqual(new Set([owner.workspaceId]));
    const sequences = all.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => b - a));
    expect(
      all.find((one) => one.action === 'member.joined' && one.target === member.accountId),
    ).toMatchObject({
      actor: { kind: 'account', id: member.accountId, name: member.email },
      details: { role: 'member' },
    });
  });

  it('is read page by page', async () => {
    const all = await entries('?limit=1000');
    const pages: Entry[] = [];
    for (let before = ''; pages.length < all.length; before = `&before=${pages.at(-1)?.sequence}`)
      pages.push(...(await entries(`?limit=2${before}`)));
    expect(pages).toEqual(all);
  });

  it('is filtered by what was done, and searched by who, what and when', async () => {
    const joined = await entries('?action=member.joined');
    expect(new Set(joined.map(({ action }) => action))).toEqual(new Set(['member.joined']));
    for (const text of [member.accountId, member.email, member.email.toUpperCase()]) {
      const found = await entries(`?search=${encodeURIComponent(text)}`);
      expect(found.length, text).toBeGreaterThan(0);
      for (const one of found) expect(JSON.stringify(one).toLowerCase()).toContain(text.toLowerCase());
    }
    for (const text of ['%', '_', "'", '\\', '* or 1=1', stranger.email])
      expect(await entries(`?search=${encodeURIComponent(text)}`), text).toEqual(
        (await entries('?limit=1000')).filter((one) => JSON.stringify(one).includes(text)),
      );
  });

  it.each([
    '?action=x',
    '?limit=0',
    '?limit=1001',
    '?before=0',
    '?search=',
    '?search=a%00b',
    `?search=${'x'.repeat(201)}`,
  ])('with %s is refused', async (query) => {
    expect((await owner.browser.ask('GET', at(`/audit${query}`))).status).toBe(422);
  });

  it('is verified for an admin', async () => {
    const { sequence, hash, ...rest } = await view<{ ok: boolean; sequence: number; hash: string }>(
      '/audit/verify',
      owner,
    );
    expect([rest, hash]).toEqual([{ ok: true }, expect.stringMatching(/^[0-9a-f]{64}$/)]);
    expect(await view(`/audit/verify?expect=${sequence}:${hash}`, owner)).toMatchObject({ ok: true });
    const other = await view(`/audit/verify?expect=${sequence}:${'0'.repeat(64)}`, owner);
    expect(other).toMatchObject({ ok: false });
  });
});

describe('a refused request', () => {
  it('is explained to members of the workspace whose key it was, and to nobody else', async () => {
    const { apikey_id, key_value } = await owner.browser.expect<{ apikey_id: string; key_value: string }>(
      201,
      'POST',
      at('/api-keys'),
      { project_id: projectId, name: 'Old' },
    );
    await owner.browser.expect(200, 'DELETE', at(`/api-keys/${apikey_id}?wait=5`));
    const refused = await ask(server, '/v2/jobs', { key: key_value });
    const id = refused.headers.get('request-id') ?? '';
    const path = at(`/requests/${id}`);
    await expect
      .poll(async () => (await member.browser.ask('GET', path)).status, { timeout: 5_000 })
      .toBe(200);
    expect(await view(`/requests/${id}`)).toMatchObject({ reason: 'revoked' });
    const [theirs, none] = [
      await stranger.browser.ask('GET', `/workspaces/${stranger.workspaceId}/requests/${id}`),
      await stranger.browser.ask('GET', `/workspaces/${stranger.workspaceId}/requests/${'0'.repeat(32)}`),
    ];
    expect([theirs.status, theirs.text]).toEqual([404, none.text]);
  });
});
