import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { createHttpServer, type HttpServer } from '../../http/server.ts';
import { createTopology } from '../../regions/topology.ts';
import { installGuards } from './guards.ts';

const RATE = { perSecond: 1, burst: 1 };
const RATES = { submit: RATE, read: RATE, mint: RATE };

describe('a route is refused at start', () => {
  let app: HttpServer;
  beforeEach(async () => {
    app = await createHttpServer({
      log: pino({ level: 'silent' }),
      tls: undefined,
      trustedProxies: [],
      isUnavailable: () => false,
      openapi: { title: 'test', version: '0', description: '' },
    });
    installGuards(app, {
      authenticate: () => ({ refused: 'unknown' }),
      refusals: { note: () => {}, flush: async () => {}, stop: async () => {} },
      lastUsed: { note: () => {}, stop: async () => {} },
      badCredentialRate: RATE,
      topology: createTopology('test'),
      supportContact: 'nobody',
      environmentOfPort: () => undefined,
      clock: systemClock,
      rates: RATES,
      clientRates: RATES,
    });
    onTestFinished(() => app.close());
  });
  const add = (config: object) => () => app.get('/v2/new', { config }, async () => 'here');

  it('when it does not say who may call it', () => {
    expect(add({ role: 'api' })).toThrow('GET /v2/new does not say who may call it');
  });

  it('when it does not say which nodes have it', () => {
    expect(add({ access: 'public' })).toThrow('GET /v2/new does not say whose role it is');
  });

  it('but not when it says both', () => {
    expect(add({ role: 'api', access: 'public' })).not.toThrow();
  });
});
