import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { AppError } from '../errors/app-error.ts';

/** Where a value was sent, as messages name it. */
const PART: Readonly<Record<string, string>> = { body: 'body', querystring: 'query', params: 'path' };

/**
 * Checks a request part against its schema. Bodies are taken as they are; a query has only text, so integers and
 * booleans are read from it first. The first failure is reported, worded and numbered as Speechmatics' management
 * service does (its validation library is go-openapi; `@speechmatics/auth` shows the sentence to its users).
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const part = PART[httpPart ?? ''] ?? 'body';
  return (data: unknown) => {
    const value = part === 'body' ? (data ?? {}) : readText(schema, data as Record<string, unknown>);
    const repeated = part === 'query' && Object.entries(value).find(([, one]) => Array.isArray(one))?.[0];
    if (repeated) return { error: givenTwice(repeated) };
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    return { error: first ? complaint(first, part) : new AppError('unprocessable') };
  };
};

function readText(schema: TSchema, data: Record<string, unknown>): Record<string, unknown> {
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};
  const read = Object.entries(data).map(([name, text]) => [name, readOne(properties[name]?.type, text)]);
  return Object.fromEntries(read);
}

function readOne(type: string | undefined, text: unknown): unknown {
  if (type === 'integer' && typeof text === 'string' && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function complaint(error: TLocalizedValidationError, part: string): AppError {
  const { wireCode, text } = rule(error);
  const name = error.instancePath.slice(1).replaceAll('/', '.');
  return new AppError('unprocessable', { detail: text(name || part, part), wireCode });
}

const givenTwice = (name: string): AppError =>
  new AppError('unprocessable', { detail: `${name} in query should be given once`, wireCode: 610 });

interface Rule {
  readonly wireCode: number;
  readonly text: (name: string, part: string) => string;
}

function rule(error: TLocalizedValidationError): Rule {
  const within = (wireCode: number, what: string): Rule => ({
    wireCode,
    text: (name, part) => `${name} in ${part} ${what}`,
  });
  switch (error.keyword) {
    case 'type':
      return {
        wireCode: 601,
        text: (name, part) => `${name} in ${part} must be of type ${wireType(error.params.type, part)}`,
      };
    case 'required':
      return {
        wireCode: 602,
        text: (_, part) => `${error.params.requiredProperties[0]} in ${part} is required`,
      };
    case 'maxLength':
      return within(603, `should be at most ${error.params.limit} chars long`);
    case 'minLength':
      return within(604, `should be at least ${error.params.limit} chars long`);
    case 'pattern':
      return within(605, `should match '${error.params.pattern}'`);
    case 'enum':
      return within(606, `should be one of [${error.params.allowedValues.join(' ')}]`);
    case 'maximum':
      return within(608, `should be less than or equal to ${error.params.limit}`);
    case 'minimum':
      return within(609, `should be greater than or equal to ${error.params.limit}`);
    // A member that no schema allows is checked against the schema `false`.
    case 'boolean':
      return within(616, 'is a forbidden property');
    default:
      return within(600, error.message);
  }
}

/** A number in a query is told by its size, one in a body is not. */
const wireType = (type: string | string[], part: string): string =>
  part === 'query' && type === 'integer' ? 'int64' : String(type);
