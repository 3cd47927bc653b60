import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, ConsoleMessage, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, onTestFinished } from 'vitest';
import { MANY_SIGN_INS, type Person, registerFirst } from '../../helpers/portal.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';
import { launchChromium } from '../chromium.ts';

/**
 * The portal in a browser, for the tests of one file:
 *
 *     const portal = openPortal();
 *     it('shows no jobs yet', async () => {
 *       const { page, isAccessible } = await portal.visit('/jobs', { theme: 'dark', size: 'phone' });
 *       await page.getByText('No jobs yet').waitFor();
 *       await isAccessible();
 *     });
 *
 * Whatever a page writes to its console as an error, throws, or has its policy refuse fails the test that opened it.
 */
export interface Portal {
  readonly server: RunningServer;
  /** The first account, admin of the first workspace. */
  readonly person: Person;
  readonly browser: Browser;
  /** Opens a page of the workspace (`/jobs`), or any other (`/portal/sign-in`), in a browser of its own. */
  visit(path: string, options?: VisitOptions): Promise<PortalVisit>;
}

interface PortalOptions {
  /** Variables of the server. */
  readonly env?: Readonly<Record<string, string>>;
  /** Flags of Chromium, such as `recordedMicrophone(file)`. */
  readonly flags?: readonly string[];
}

interface VisitOptions {
  readonly theme?: 'light' | 'dark';
  readonly size?: 'desktop' | 'phone';
  /** Who is signed in: by default the first account; null is nobody. */
  readonly person?: Person | null;
  readonly permissions?: readonly string[];
}

export interface PortalVisit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page did that it must not do; the test may take out of it what it meant to happen. */
  readonly faults: string[];
  /** Goes to another page, by its address. */
  go(path: string): Promise<void>;
  /** Fails where axe finds a violation in what is on the screen. */
  isAccessible(): Promise<void>;
  /** As the server does when the session has run out. */
  endSession(): Promise<void>;
}

const WAIT_MS = 15_000;
const SIZES = { desktop: { width: 1280, height: 860 }, phone: { width: 360, height: 780 } } as const;

/** Starts a server with its first account, and Chromium, for the tests of the file that calls this. */
export function openPortal({ env = {}, flags = [] }: PortalOptions = {}): Portal {
  const open: { server?: RunningServer; person?: Person; browser?: Browser } = {};
  const visits: PortalVisit[] = [];
  beforeAll(async () => {
    const server = startServer({ env: { ...MANY_SIGN_INS, ...env } });
    const browser = launchChromium(flags);
    await Promise.allSettled([server, browser]);
    open.browser = await browser;
    open.server = await server;
    open.person = await registerFirst(open.server);
  });
  afterEach(() => {
    expect(visits.splice(0).flatMap(({ faults }) => faults)).toEqual([]);
  });
  afterAll(async () => {
    await open.browser?.close();
    await open.server?.stop();
  });
  const portal: Portal = {
    get server() {
      return begun(open.server);
    },
    get person() {
      return begun(open.person);
    },
    get browser() {
      return begun(open.browser);
    },
    async visit(path, options = {}) {
      const visit = await openVisit(portal, options);
      visits.push(visit);
      await visit.go(path);
      return visit;
    },
  };
  return portal;
}

function begun<Part>(part: Part | undefined): Part {
  if (part === undefined) throw new Error('the portal is open in the tests of the file, and not before');
  return part;
}

async function openVisit(
  { server, browser, person: first }: Portal,
  { theme = 'light', size = 'desktop', person = first, permissions = [] }: VisitOptions,
): Promise<PortalVisit> {
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: SIZES[size],
    permissions: [...permissions],
    reducedMotion: 'reduce',
  });
  onTestFinished(() => context.close());
  if (person !== null) await context.addCookies(cookiesOf(person, server));
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  return {
    page,
    context,
    faults: collectFaults(page),
    async go(path) {
      const isWhole = path.startsWith('/portal');
      const workspace = `/portal/workspaces/${person?.workspaceId ?? ''}`;
      await page.goto(`${server.baseUrl}${isWhole ? path : workspace + path}`);
    },
    isAccessible: async () => expect(await violations(page)).toEqual([]),
    endSession: () => context.clearCookies(),
  };
}

/** The cookies of a person who is signed in at a browser without a page. */
function cookiesOf({ browser }: Person, { baseUrl }: RunningServer) {
  return browser.cookie.split('; ').map((pair) => {
    const at = pair.indexOf('=');
    return {
      name: pair.slice(0, at),
      value: pair.slice(at + 1),
      domain: new URL(baseUrl).hostname,
      path: '/portal/api',
      httpOnly: true,
      sameSite: 'Strict' as const,
    };
  });
}

function collectFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !isRefusedRequest(message)) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => void faults.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return faults;
}

/** Chromium tells of each answer with an error status; of the API such answers are part of what is tested. */
function isRefusedRequest(message: ConsoleMessage): boolean {
  const { pathname } = new URL(message.location().url || 'about:blank');
  return message.text().startsWith('Failed to load resource') && /^\/(portal\/api|v[12])\//.test(pathname);
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

// Colours on their way to what they will be would be measured as they are.
const TRANSITIONS_OVER = `Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
  .map((one) => one.finished))`;

/** One line for each violation: the rule, and where. */
async function violations(page: Page): Promise<string[]> {
  await page.locator('h1').waitFor({ state: 'attached' });
  await page.evaluate(TRANSITIONS_OVER);
  await page.evaluate(AXE);
  const found = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
