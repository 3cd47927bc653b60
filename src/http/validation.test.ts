import type { TSchema } from 'typebox';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/app-error.ts';
import { validatorCompiler } from './validation.ts';

const schema = Type.Object(
  {
    ttl: Type.Integer({ minimum: 60, maximum: 3_600 }),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 5, pattern: '^[a-z]*$' })),
    region: Type.Optional(Type.Enum(['eu', 'usa'])),
    force: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

function check(httpPart: 'body' | 'querystring', data: unknown, of: TSchema = schema): unknown {
  const validate = validatorCompiler({ schema: of, method: 'POST', url: '/', httpPart });
  const result = validate(data) as { value?: unknown; error?: unknown };
  if (result.error instanceof AppError) return [result.error.wireCode, result.error.detail];
  return result.value;
}

describe('a body', () => {
  it.each([
    [{}, 602, 'ttl in body is required'],
    [undefined, 602, 'ttl in body is required'],
    [{ ttl: '60' }, 601, 'ttl in body must be of type integer'],
    [{ ttl: 60.5 }, 601, 'ttl in body must be of type integer'],
    [{ ttl: true }, 601, 'ttl in body must be of type integer'],
    [{ ttl: Number.POSITIVE_INFINITY }, 601, 'ttl in body must be of type integer'],
    [{ ttl: 59 }, 609, 'ttl in body should be greater than or equal to 60'],
    [{ ttl: 3_601 }, 608, 'ttl in body should be less than or equal to 3600'],
    [{ ttl: 60, name: '' }, 604, 'name in body should be at least 1 chars long'],
    [{ ttl: 60, name: 'abcdef' }, 603, 'name in body should be at most 5 chars long'],
    [{ ttl: 60, name: 'A' }, 605, "name in body should match '^[a-z]*$'"],
    [{ ttl: 60, region: 'mars' }, 606, 'region in body should be one of [eu usa]'],
    [{ ttl: 60, scopes: [] }, 616, 'scopes in body is a forbidden property'],
    [[], 601, 'body in body must be of type object'],
  ])('%j is answered %i "%s"', (data, wireCode, detail) => {
    expect(check('body', data)).toEqual([wireCode, detail]);
  });

  it('is taken as it is: nothing converted, added or removed', () => {
    const data = { ttl: 60, region: 'eu', force: false };
    expect(check('body', data)).toBe(data);
  });
});

describe('a query', () => {
  const query = Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1 })),
    force: Type.Optional(Type.Boolean()),
  });

  it('is text, from which numbers and booleans are read', () => {
    expect(check('querystring', { limit: '7', force: 'true', 'sm-sdk': 'x' }, query)).toEqual({
      limit: 7,
      force: true,
      'sm-sdk': 'x',
    });
  });

  it('names a parameter that was given twice, also one it does not know', () => {
    expect(check('querystring', { limit: ['1', '1'] }, query)).toEqual([
      610,
      'limit in query should be given once',
    ]);
    expect(check('querystring', { other: ['1', '2'] }, query)).toEqual([
      610,
      'other in query should be given once',
    ]);
  });

  it.each([
    ['limit', 'abc'],
    ['limit', ''],
    ['limit', '1e3'],
    ['limit', '0x10'],
    ['limit', ' 1'],
    ['limit', '99999999999999999999'],
    ['force', 'yes'],
    ['force', '1'],
  ])('%s=%j is not of its type', (name, value) => {
    expect(check('querystring', { [name]: value }, query)).toEqual([
      601,
      `${name} in query must be of type ${name === 'limit' ? 'int64' : 'boolean'}`,
    ]);
  });
});
