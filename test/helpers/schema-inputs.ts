import fc, { type Arbitrary } from 'fast-check';
import type { TSchema } from 'typebox';

/** What is read of a JSON schema; anything else in it is left to the server. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly TSchema[];
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Text that parsers stumble over. */
const NASTY = [
  '',
  ' ',
  'null',
  '\u0000',
  '\ud800',
  '\u202e',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "'; drop table jobs; --",
  '%00',
  '1e999',
  '\r\nX: y',
  'é'.repeat(300),
  '2024-02-30T25:61:61Z',
];
const nastyText: Arbitrary<string> = fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary' }));
const nastyNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Any value that JSON can say, often an odd one. */
export const junk: Arbitrary<unknown> = fc.oneof(
  nastyText,
  nastyNumber,
  fc.constantFrom(null, true, false, [], {}, [null], { '': 0 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Values that a schema accepts, or nearly does: one in `oddEvery` parts is anything at all. */
export function inputsFor(schema: TSchema, oddEvery = 12): Arbitrary<unknown> {
  return fc.oneof(
    { weight: oddEvery - 1, arbitrary: close(schema as Shape, oddEvery) },
    { weight: 1, arbitrary: junk },
  );
}

function close(schema: Shape, oddEvery: number): Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => inputsFor(one, oddEvery)));
  switch (schema.type) {
    case 'string':
      return fc.oneof(fc.string(), nastyText, fc.constantFrom('en', 'a', '2024-01-01T00:00:00Z'));
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -2, max: schema.maximum ?? 100 });
    case 'number':
      return fc.double({ min: schema.minimum ?? -2, max: schema.maximum ?? 100, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(schema.items ? inputsFor(schema.items, oddEvery) : junk, { maxLength: 4 });
    case 'object':
      return members(schema, oddEvery);
    default:
      return junk;
  }
}

/** Optional members are there half of the time, and now and then one nobody knows. */
function members({ properties = {}, required = [] }: Shape, oddEvery: number): Arbitrary<object> {
  const known = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, inputsFor(schema, oddEvery)]),
  );
  const unknown = fc.dictionary(nastyText, junk, { maxKeys: 1 });
  return fc
    .tuple(fc.record(known, { requiredKeys: [...required] }), unknown)
    .map(([record, more]) => ({ ...more, ...record }));
}

/** Text for a query or a path: mostly what the schema means, printed. */
export const textOf = (schema: TSchema): Arbitrary<string> =>
  inputsFor(schema, 4).map((value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')));
