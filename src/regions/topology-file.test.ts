import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEFAULT_TABLES } from './tables.ts';
import { createTopology } from './topology.ts';
import { parseTopology } from './topology-file.ts';

const PAGE = readFileSync(new URL('../../docs/regions.md', import.meta.url), 'utf8');
const EXAMPLE = /```json\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';

type Json = Record<string, unknown>;
type Row = { region: unknown; environment: unknown; hosts: unknown; admits: unknown };

/** The example of the manual, changed. */
function changed(
  change: (file: Json, batch: Json & { endpoints: Row[] }, rt: Json & { endpoints: Row[] }) => void,
) {
  const file = JSON.parse(EXAMPLE);
  change(file, file.batch, file.rt);
  return JSON.stringify(file);
}

it('reads the example of the manual', () => {
  const topology = createTopology('example.org', parseTopology(EXAMPLE, 'example.org'));
  const reached = (host: string) => {
    const { environment, admits } = topology.endpointFor('batch', host);
    return [environment.name, environment.region, admits];
  };
  expect(reached('speech.example.org')).toEqual(['EU1', 'eu', ['on-demand', 'enterprise']]);
  expect(reached('speech2.example.org')).toEqual(['EU2', 'eu', ['enterprise']]);
  expect(reached('speech-us.example.org')).toEqual(['US1', 'usa', ['enterprise']]);
  expect(reached('transcribe.example.com')).toEqual(['US1', 'usa', ['enterprise']]);
  expect(reached('transcribe.example.com.example.org')).toEqual(['EU1', 'eu', ['on-demand', 'enterprise']]);
  expect(reached('asr.api.example.org')[0]).toBe('EU1');
  expect(topology.endpointFor('rt', 'anything').environment.name).toBe('EU1');
  expect(topology.regions).toEqual(['eu', 'usa']);
});

it('can say what the default is', () => {
  expect(parseTopology(JSON.stringify(DEFAULT_TABLES), 'localhost')).toEqual(DEFAULT_TABLES);
});

it.each([
  ['a host of both products', changed((_, batch, rt) => rt.endpoints.splice(0, 9, ...batch.endpoints))],
  ['an environment twice', changed((_, batch) => (row(batch, 1).environment = 'EU1'))],
  ['hosts of another case', changed((_, batch) => (row(batch, 0).hosts = ['Speech.API']))],
  [
    'names of 20 characters',
    changed((_, batch) => {
      Object.assign(row(batch, 2), { region: 'a-1'.padEnd(20, 'z'), environment: 'US1'.padStart(20, 'A') });
    }),
  ],
])('takes %s', (_, json) => {
  expect(parseTopology(json, 'localhost')).toEqual(JSON.parse(json));
});

const FAULTS: readonly [sentence: string, json: string][] = [
  ['must name a file that is JSON', '{'],
  ['is wrong: it must be an object', '[]'],
  ['is wrong: rt is missing', changed((file) => delete file.rt)],
  ['is wrong: batch.default is missing', changed((_, batch) => delete batch.default)],
  [
    'is wrong: batch.endpoints[0].region is missing',
    changed((_, batch) => (row(batch, 0).region = undefined)),
  ],
  ['is wrong: tts is not a member of a topology', changed((file) => (file.tts = {}))],
  [
    'is wrong: batch.endpoints[0].regoin is not a member of a topology',
    changed((_, batch) => Object.assign(row(batch, 0), { regoin: 'eu' })),
  ],
  [
    'is wrong: batch.endpoints must be a list',
    changed((_, batch) => Object.assign(batch, { endpoints: {} })),
  ],
  ['is wrong: batch.endpoints[0].hosts[0] must be text', changed((_, batch) => (row(batch, 0).hosts = [1]))],
  ['is wrong: rt.endpoints must not be empty', changed((_, __, rt) => (rt.endpoints = []))],
  ['is wrong: batch.endpoints[0].hosts must not be empty', changed((_, batch) => (row(batch, 0).hosts = []))],
  [
    'is wrong: batch.endpoints[0].region must be lower-case letters, digits and hyphens, at most 20, not "EU"',
    changed((_, batch) => (row(batch, 0).region = 'EU')),
  ],
  [
    'is wrong: batch.endpoints[2].environment must be capital letters and then digits, like EU1, at most 20, not "us-1"',
    changed((_, batch) => (row(batch, 2).environment = 'us-1')),
  ],
  [
    'is wrong: rt.default must be capital letters and then digits, like EU1, at most 20, not "eu"',
    changed((_, __, rt) => (rt.default = 'eu')),
  ],
  [
    'is wrong: rt.endpoints[0].admits[1] must be on-demand or enterprise, not "premium"',
    changed((_, __, rt) => (row(rt, 0).admits = ['enterprise', 'premium'])),
  ],
  [
    'is wrong: batch.endpoints[0].hosts[0] must be a host name, not "speech:8080"',
    changed((_, batch) => (row(batch, 0).hosts = ['speech:8080'])),
  ],
  [
    'is wrong: batch.endpoints[1].hosts[0] is speech.localhost, and so is batch.endpoints[0].hosts[0]',
    changed((_, batch) => (row(batch, 1).hosts = ['Speech.localhost.'])),
  ],
  [
    'is wrong: rt.endpoints[0].region must be eu, where EU1 already is, not "usa"',
    changed((_, __, rt) => (row(rt, 0).region = 'usa')),
  ],
  [
    'is wrong: batch.default must be an environment of batch.endpoints, not "EU3"',
    changed((_, batch) => (batch.default = 'EU3')),
  ],
];

describe('a fault', () => {
  it.each(FAULTS)('%s', (sentence, json) => {
    expect(() => parseTopology(json, 'localhost')).toThrow(expect.objectContaining({ message: sentence }));
  });

  it('is in the manual, and the manual knows no other', () => {
    const listed = [...PAGE.matchAll(/^PARLEY_TOPOLOGY_FILE (.*)$/gm)].map(([, sentence]) => sentence);
    const ofTheStart = listed.filter((one) =>
      /^(must name a file that is there|cannot be read)/.test(one ?? ''),
    );
    expect(listed.slice(ofTheStart.length)).toEqual(FAULTS.map(([sentence]) => sentence));
  });
});

it.each([
  '',
  '.',
  '..',
  '-a',
  'a-',
  'a_b',
  'a b',
  'a..b',
  '*',
  'a/b',
  'ä',
  'https://a',
  'a'.repeat(64),
  'a.'.repeat(128),
])('refuses the host %j', (host) => {
  const json = changed((_, batch) => (row(batch, 0).hosts = [host]));
  expect(() => parseTopology(json, 'localhost')).toThrow('batch.endpoints[0].hosts[0] must be a host name');
});

it.each(['1EU', 'EU', '1', 'EU1A', 'Eu1', 'EU-1', 'EU1\n', '../EU1', `EU${'1'.repeat(19)}`])(
  'refuses the environment %j',
  (name) => {
    const json = changed((_, batch) => (row(batch, 2).environment = name));
    expect(() => parseTopology(json, 'localhost')).toThrow('batch.endpoints[2].environment must be');
  },
);

it.each(['', 'eu_1', 'eü', 'eu 1', 'eu\n', 'a'.repeat(21)])('refuses the region %j', (name) => {
  const json = changed((_, batch) => (row(batch, 2).region = name));
  expect(() => parseTopology(json, 'localhost')).toThrow('batch.endpoints[2].region must be');
});

function row({ endpoints }: { endpoints: Row[] }, index: number): Row {
  const found = endpoints[index];
  if (!found) throw new Error(`the example has no endpoint ${index}`);
  return found;
}
