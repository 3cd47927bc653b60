import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

/** The dashboard and the alerts name metrics that there are; `metrics.test.ts` compares the page with a running server. */
const read = (path: string) => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

const METRIC = /\b(?:parley|process|nodejs)_[a-z0-9_]+\b/g;
const named = (text: string): string[] => [...new Set(text.match(METRIC))];

/** Of each row of the tables, as series are named. */
async function known(): Promise<Set<string>> {
  const rows = (await read('docs/metrics.md')).matchAll(/^\| `(\w+)` \| (\w+) \|/gm);
  return new Set(
    [...rows].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

it('every metric of the Grafana dashboard exists', async () => {
  const { panels } = JSON.parse(await read('deploy/grafana/parley.json')) as { panels: readonly Panel[] };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const metrics = await known();
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(queries.length).toBeGreaterThan(20);
  for (const query of queries) {
    expect(named(query), query).not.toEqual([]);
    expect(named(query).filter((name) => !metrics.has(name))).toEqual([]);
  }
});

it('every metric of the example alerts exists', async () => {
  const rules = [...(await read('docs/metrics.md')).matchAll(/^ +expr: (.+)$/gm)].map(
    ([, expr = '']) => expr,
  );
  expect(rules.length).toBeGreaterThan(10);
  const metrics = await known();
  expect(named(rules.join('\n')).filter((name) => !metrics.has(name))).toEqual([]);
});
