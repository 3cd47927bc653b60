import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { parsePage, type Sample } from '../../test/helpers/prometheus.ts';
import { createMetrics } from './metrics.ts';

const empty = () =>
  createMetrics(
    { version: '1', refusalReasons: ['unknown'], sessionEnds: ['completed'], spanFates: ['dropped'] },
    new Registry(),
  );

async function samplesOf(metrics: ReturnType<typeof empty>, family: string): Promise<readonly Sample[]> {
  return parsePage((await metrics.page()).text).find(({ name }) => name === family)?.samples ?? [];
}

it('a method that nobody knows, and a path that is no route, make no series of their own', async () => {
  const metrics = empty();
  for (const method of ['GET', 'BREW', 'PROPFIND']) {
    metrics.answered({ method, route: undefined, status: 404, seconds: 0.01 });
  }
  const name = 'parley_http_requests_total';
  expect(await samplesOf(metrics, name)).toEqual([
    { name, labels: { method: 'GET', route: 'unmatched', status: '404' }, value: 1 },
    { name, labels: { method: 'other', route: 'unmatched', status: '404' }, value: 2 },
  ]);
});

it('what can happen is there before it has happened', async () => {
  const metrics = empty();
  const name = 'parley_requests_refused_total';
  expect(await samplesOf(metrics, name)).toEqual([{ name, labels: { reason: 'unknown' }, value: 0 }]);
  metrics.refused('unknown');
  expect(await samplesOf(metrics, name)).toEqual([{ name, labels: { reason: 'unknown' }, value: 1 }]);
});

it('of a database that does not answer nothing is said; the rest of the page is there', async () => {
  const metrics = empty();
  const read = async () => Promise.reject(new Error('away'));
  metrics.watchBacklog({ environments: ['EU1'], states: ['queued'], read });
  metrics.watchServer({ isReady: read, isDegraded: () => true });
  expect(await samplesOf(metrics, 'parley_unfinished_jobs')).toEqual([]);
  expect(await samplesOf(metrics, 'parley_ready')).toMatchObject([{ value: 0 }]);
  expect(await samplesOf(metrics, 'parley_degraded')).toMatchObject([{ value: 1 }]);
});

it('what is read anew replaces what was read before', async () => {
  const metrics = empty();
  let hits = 3;
  metrics.watchIdentity({
    keyCache: () => ({ size: 1, hits, misses: 0 }),
    node: () => ({ clock: { offsetMs: -1_500, errorMs: 20 }, appliedVersion: 4, knownVersion: 5 }),
    isCurrent: () => true,
    roles: ['api'],
    liveNodes: () => 2,
  });
  expect(await samplesOf(metrics, 'parley_key_cache_hits_total')).toMatchObject([{ value: 3 }]);
  hits = 5;
  expect(await samplesOf(metrics, 'parley_key_cache_hits_total')).toMatchObject([{ value: 5 }]);
  expect(await samplesOf(metrics, 'parley_clock_offset_seconds')).toMatchObject([{ value: -1.5 }]);
});
