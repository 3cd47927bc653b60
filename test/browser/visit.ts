import type { BrowserContext, Page } from 'playwright-core';
import type { Message } from '../helpers/realtime.ts';

export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** The page `pages/microphone.tsx` as a visitor has it. */
export class Visit {
  readonly page: Page;
  /** What the server told the page, acknowledgements aside. */
  readonly messages: Message[] = [];
  /** Whatever nothing in the page has caught. */
  readonly faults: Error[] = [];

  static async open(context: BrowserContext, url: string): Promise<Visit> {
    const visit = new Visit(await context.newPage());
    await visit.page.addInitScript(keepCloses);
    await visit.page.goto(url);
    return visit;
  }

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => void this.faults.push(error));
    page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        const message: Message = JSON.parse(String(payload));
        if (message.message !== 'AudioAdded') this.messages.push(message);
      });
    });
  }

  /** Presses Start and waits until the microphone is on. */
  async speak(): Promise<void> {
    await this.press('Start');
    await this.sees('Listening');
  }

  async press(name: 'Start' | 'Stop'): Promise<void> {
    await this.page.getByRole('button', { name }).click();
  }

  async sees(status: 'Ready' | 'Listening'): Promise<void> {
    await this.page.locator('output', { hasText: status }).waitFor();
  }

  /** Final text. */
  async reads(): Promise<string> {
    return (await this.page.locator('span').textContent()) ?? '';
  }

  /** Waits until the page says that something is wrong. */
  async isTold(): Promise<string> {
    const alert = this.page.getByRole('alert').filter({ hasText: /./ });
    return (await alert.textContent()) ?? '';
  }

  /** How its connections ended, once so many have. */
  async closes(count = 1): Promise<readonly Close[]> {
    await this.page.waitForFunction((expected) => closes.length >= expected, count);
    return this.page.evaluate(() => closes);
  }
}

/** Of the page. */
declare const closes: readonly Close[];
declare const WebSocket: new (
  ...args: unknown[]
) => { addEventListener(type: 'close', listener: (event: Close) => void): void };

/** Runs in the page: the client does not say how a connection was closed. */
function keepCloses(): void {
  const kept: Close[] = [];
  class Kept extends WebSocket {
    constructor(...args: unknown[]) {
      super(...args);
      this.addEventListener('close', ({ code, reason }) => kept.push({ code, reason }));
    }
  }
  Object.assign(globalThis, { WebSocket: Kept, closes: kept });
}
