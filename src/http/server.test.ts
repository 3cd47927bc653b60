import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { createHttpServer } from './server.ts';

interface Line {
  readonly level: number;
  readonly reason?: string;
}

/** A server of which `GET /` throws; resolves to what asks it, and the warnings in its log. */
async function serverThatThrows(...errors: readonly Error[]) {
  const lines: Line[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const app = await createHttpServer({
    log,
    tls: undefined,
    trustedProxies: [],
    isUnavailable: (error) => error instanceof RangeError,
    openapi: { title: 'test', version: '0', description: '' },
  });
  onTestFinished(() => app.close());
  const thrown = errors.values();
  app.get('/', async () => {
    throw thrown.next().value;
  });
  await app.ready();
  await new Promise<void>((resolve) => app.server.listen(0, '127.0.0.1', resolve));
  const { port } = app.server.address() as AddressInfo;
  return { lines, ask: () => fetch(`http://127.0.0.1:${port}/`) };
}

describe('what is unavailable', () => {
  it('is explained in the log alone, once a second at most', async () => {
    const full = new RangeError('could not extend file: No space left on device');
    const known = new AppError('unavailable', { cause: full });
    const { ask, lines } = await serverThatThrows(full, known, full, known);
    for (let count = 0; count < 3; count += 1) expect((await ask()).status).toBe(503);
    expect(lines).toEqual([expect.objectContaining({ level: 40, reason: full.message })]);
    await sleep(1_100);
    expect(await (await ask()).text()).not.toContain('No space left');
    expect(lines).toHaveLength(2);
  });

  it('has its reason by code where the error says nothing, as of several attempts', async () => {
    const { ask, lines } = await serverThatThrows(Object.assign(new RangeError(), { code: 'ECONNREFUSED' }));
    expect((await ask()).status).toBe(503);
    expect(lines).toEqual([expect.objectContaining({ reason: 'ECONNREFUSED' })]);
  });

  it('is no line when the caller was told why', async () => {
    const { ask, lines } = await serverThatThrows(
      new AppError('unavailable', { detail: 'the server is stopping' }),
    );
    expect((await ask()).status).toBe(503);
    expect(lines).toEqual([]);
  });
});
