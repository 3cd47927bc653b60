import fc, { type Arbitrary } from 'fast-check';
import type { TSchema } from 'typebox';
import { expect, it } from 'vitest';
import { fuzz, fuzzTimeoutMs } from '../../../test/helpers/fuzz.ts';
import { inputsFor, junk } from '../../../test/helpers/schema-inputs.ts';
import { AppError } from '../../errors/app-error.ts';
import { parseJobConfig } from './parse.ts';
import { JobConfigSchema } from './schema.ts';

const OFFER = { languages: ['en', 'de'], speakerDiarization: true };
const parse = (text: string) => parseJobConfig(text, OFFER);

type Path = readonly string[];
type Edit = readonly [path: Path, value: unknown];

/** Every member of the schema with values for it, to any depth. */
function membersOf(schema: TSchema, path: Path = []): (readonly [Path, Arbitrary<unknown>])[] {
  const { properties = {} } = schema as { properties?: Readonly<Record<string, TSchema>> };
  return Object.entries(properties).flatMap(([name, member]) => [
    [[...path, name], inputsFor(member)] as const,
    ...membersOf(member, [...path, name]),
  ]);
}

const edits: Arbitrary<Edit> = fc.oneof(
  ...membersOf(JobConfigSchema).map(([path, values]) => values.map((value): Edit => [path, value])),
  fc
    .tuple(fc.constantFrom<Path>([], ['transcription_config'], ['tracking', 'details']), fc.string(), junk)
    .map(([path, name, value]): Edit => [[...path, name], value]),
  fc.constantFrom<Edit>(
    [['__proto__'], { type: 'x' }],
    [['constructor', 'prototype'], null],
    [['x'], 'x'.repeat(100_000)],
  ),
);

/** A good config with a few members put in their places. */
const configs: Arbitrary<string> = fc.array(edits, { maxLength: 4 }).map((all) => {
  const config: object = { type: 'transcription', transcription_config: { language: 'en' } };
  // Copies: a value that is put into itself would be no JSON.
  for (const [path, value] of all) put(config, path, structuredClone(value));
  return JSON.stringify(config);
});

function put(object: object, [name = '', ...rest]: Path, value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(object, name)?.value as unknown;
  const inner = typeof own === 'object' && own !== null ? own : {};
  // Defined, not assigned: `__proto__` is to be a member like every other.
  const define = (member: unknown) =>
    Object.defineProperty(object, name, {
      value: member,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  if (rest.length === 0) define(value);
  else {
    define(inner);
    put(inner, rest, value);
  }
}

const NASTY_TEXT = ['\0', '\ud800', '"', '\\', '{', ']', ',', '1e999', '-', 'null', ' ', '\u2028', '\ufeff'];

/** What is no JSON any more, mostly. */
const damaged: Arbitrary<string> = fc
  .tuple(configs, fc.nat(), fc.nat(20), fc.constantFrom('', ...NASTY_TEXT))
  .map(([text, at, cut, put]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + put + text.slice(from + cut);
  });

const enormous: Arbitrary<string> = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"a":'), fc.integer({ min: 1, max: 20_000 }))
  .map(([open, depth]) => `{"type":"transcription","x":${open.repeat(depth)}`);

const texts = fc.oneof(
  { weight: 20, arbitrary: configs },
  { weight: 8, arbitrary: damaged },
  { weight: 1, arbitrary: enormous },
  { weight: 1, arbitrary: junk.map((value) => JSON.stringify(value) ?? '') },
);

function hasNull(value: unknown): boolean {
  if (typeof value !== 'object') return false;
  return value === null || Object.values(value).some(hasNull);
}

/** Nothing of a config may end up in the log but the sentence about it. */
const MAX_DETAIL_LENGTH = 300;

it('any config is read, or refused in a sentence', { timeout: fuzzTimeoutMs(20_000) }, () => {
  const outcomes = new Map<string, number>();
  const check = (text: string) => {
    const outcome = outcomeOf(text);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  };
  fc.assert(fc.property(texts, check), fuzz(3_000));
  expect([...outcomes.keys()].sort()).toEqual([
    'job_rejected',
    'no_language',
    'product_not_available',
    'read',
  ]);
  expect(outcomes.get('read')).toBeGreaterThan(100);
});

function outcomeOf(text: string): string {
  let config: ReturnType<typeof parse>;
  try {
    config = parse(text);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect((error.detail ?? '').length).toBeLessThan(MAX_DETAIL_LENGTH);
    return error.code;
  }
  expect(hasNull(config)).toBe(false);
  // What is stored and echoed is read again as what it is.
  expect(parse(JSON.stringify(config))).toEqual(config);
  expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
  expect(({} as { type?: unknown }).type).toBeUndefined();
  return 'read';
}
