/**
 * The portal in Chromium, with 100,000 jobs in the table: what the first load fetches, how long a press takes until
 * the page shows its effect, and whether the list of jobs scrolls without a hitch.
 */
import pg from 'pg';
import type { BrowserContext, Page } from 'playwright-core';
import { launchChromium } from '../test/browser/chromium.ts';
import { type Person, registerFirst } from '../test/helpers/portal.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { startServer } from '../test/helpers/server.ts';
import { printTable, quantile } from './table.ts';

const JOBS = 100_000;
const WHEEL_TURNS = 600;
const FRAME_MS = 1_000 / 60;

const cluster = await startPostgres();
const server = await startServer({
  env: { PARLEY_ENGINE: 'scripted', PARLEY_DATABASE_URL: cluster.url, PARLEY_RATE_READ: '100000/100000' },
});
const person = await registerFirst(server);
await insertJobs();
const browser = await launchChromium();
const context = await signedIn();

const loads = await firstLoads();
const { page, presses } = await pressAround();
const scrolled = await scrollJobs(page);
printTable(
  'The portal',
  ['what', 'measured', 'bound'],
  [
    ...loads,
    ['presses measured', String(presses.length), ''],
    ['a press until its effect is shown, p75', `${quantile(presses, 0.75)} ms`, '100 ms'],
    ['a press until its effect is shown, p98', `${quantile(presses, 0.98)} ms`, ''],
    ['jobs scrolled past', String(scrolled.rows), ''],
    ['frames while scrolling, p50', `${quantile(scrolled.frames, 0.5).toFixed(1)} ms`, ''],
    ['frames while scrolling, p99', `${quantile(scrolled.frames, 0.99).toFixed(1)} ms`, '50 ms'],
    ['rows in the page at the end', String(scrolled.drawn), ''],
  ],
);
await browser.close();
await server.stop();
await cluster.stop();

async function insertJobs(): Promise<void> {
  const database = new pg.Client({ connectionString: cluster.url });
  await database.connect();
  await database.query(
    `insert into jobs (environment, job_id, workspace_id, project_id, api_key_id, created_at, status, config,
       data_name, duration_seconds, audio_bytes, finished_at, store_id)
     select 'EU1', 'a' || lpad(n::text, 9, '0'), $1, $2, 'key_bench', now() - make_interval(secs => n), 'done',
       '{"type":"transcription","transcription_config":{"language":"en"}}', 'recording-' || n || '.wav', 60, 1000,
       now(), 'bench'
     from generate_series(1, $3::integer) n`,
    [server.bootstrap.workspace_id, server.bootstrap.project_id, JOBS],
  );
  await database.query('vacuum analyze jobs');
  await database.end();
}

async function signedIn(): Promise<BrowserContext> {
  const opened = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const [name = '', value = ''] = person.browser.cookie.split(/=(.*)/);
  await opened.addCookies([{ name, value, domain: '127.0.0.1', path: '/portal/api', sameSite: 'Strict' }]);
  return opened;
}

/** Compressed script that each page fetches when it is the first one. */
async function firstLoads(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, path] of [
    ['sign-in', '/portal/sign-in'],
    ['Start', address(person)],
    ['Jobs', `${address(person)}/jobs`],
    ['API Keys', `${address(person)}/api-keys`],
  ] as const) {
    const fresh = await browser.newContext({
      ...(name !== 'sign-in' && { storageState: await context.storageState() }),
    });
    const opened = await fresh.newPage();
    await opened.goto(server.baseUrl + path);
    await opened.waitForLoadState('networkidle');
    const bytes = await opened.evaluate<number>(`performance.getEntriesByType('resource')
      .filter((one) => /\\.js$/.test(new URL(one.name).pathname))
      .reduce((sum, one) => sum + one.encodedBodySize, 0)`);
    rows.push([
      `script of the first load of ${name}, compressed`,
      `${Math.round(bytes / 1_000)} KB`,
      '200 KB',
    ]);
    await fresh.close();
  }
  return rows;
}

function address({ workspaceId }: Person): string {
  return `/portal/workspaces/${workspaceId}`;
}

/** Opens every page by its link, a dialog, a menu and a field on some; milliseconds of each press. */
async function pressAround(): Promise<{ page: Page; presses: number[] }> {
  const opened = await context.newPage();
  await opened.addInitScript(`globalThis.presses = new Map();
    new PerformanceObserver((list) => {
      for (const { interactionId, duration } of list.getEntries())
        if (interactionId) presses.set(interactionId, Math.max(duration, presses.get(interactionId) ?? 0));
    }).observe({ type: 'event', durationThreshold: 16, buffered: true });`);
  await opened.goto(server.baseUrl + address(person));
  const pages = ['Jobs', 'Live', 'API Keys', 'Temporary Keys', 'Projects', 'Members', 'Management Tokens'];
  for (const name of [...pages, 'Usage', 'Environments', 'Audit Log', 'Settings', 'Start', 'API Keys']) {
    await opened.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await opened.getByRole('heading', { level: 1, name }).waitFor();
    await opened.waitForTimeout(300);
  }
  for (let round = 0; round < 5; round += 1) {
    await opened.getByRole('button', { name: 'Create API key' }).first().click();
    await opened.getByLabel('Name').pressSequentially('a name of a key');
    await opened.keyboard.press('Escape');
    await opened.getByRole('dialog').waitFor({ state: 'detached' });
  }
  const presses = await opened.evaluate<number[]>('[...presses.values()]');
  return { page: opened, presses };
}

/** Turns the wheel over the list and notes how long each frame took. */
async function scrollJobs(opened: Page) {
  await opened.goto(`${server.baseUrl}${address(person)}/jobs`);
  await opened.getByText('recording-1.wav').waitFor();
  await opened.evaluate(`globalThis.frames = []; {
    let last = performance.now();
    const next = (now) => { frames.push(now - last); last = now; requestAnimationFrame(next); };
    requestAnimationFrame(next);
  }`);
  await opened.mouse.move(700, 600);
  for (let turn = 0; turn < WHEEL_TURNS; turn += 1) {
    await opened.mouse.wheel(0, 600);
    await opened.waitForTimeout(FRAME_MS);
  }
  const frames = await opened.evaluate<number[]>('frames');
  const names = await opened.getByText(/^recording-\d+\.wav$/).allTextContents();
  const rows = Math.max(...names.map((name) => Number(/\d+/.exec(name)?.[0])));
  return { frames, rows, drawn: names.length };
}
