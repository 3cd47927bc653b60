import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { OptionError } from '../base/option.ts';
import {
  CUSTOMER_TYPES,
  ENVIRONMENT_PATTERN,
  fullHost,
  isHostName,
  PRODUCTS,
  REGION_PATTERN,
  type Region,
  TopologySchema,
  type TopologyTables,
} from './tables.ts';

const SCHEMA = Compile(TopologySchema);

/**
 * Reads the JSON text of a topology whose hosts are below `domain`.
 * Throws `OptionError` that names the first fault and where it is.
 */
export function parseTopology(json: string, domain: string): TopologyTables {
  const tables = parseJson(json);
  if (!SCHEMA.Check(tables)) throw faultOfShape(SCHEMA.Errors(tables)[0], tables);
  checkHosts(tables, domain);
  checkEnvironments(tables);
  return tables;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // The parser's message quotes the file, which may be another one than was meant: one with secrets.
    throw new OptionError('must name a file that is JSON');
  }
}

/** No host leads to two environments. Products may share one: their paths differ. */
function checkHosts(tables: TopologyTables, domain: string): void {
  for (const product of PRODUCTS) {
    const seen = new Map<string, string>();
    for (const [row, { hosts }] of tables[product].endpoints.entries()) {
      for (const [index, host] of hosts.entries()) {
        const at = `${product}.endpoints[${row}].hosts[${index}]`;
        const full = fullHost(host, domain);
        const before = seen.get(full);
        if (!isHostName(full)) throw fault(at, `must be a host name${butIs(host)}`);
        if (before !== undefined) throw fault(at, `is ${full}, and so is ${before}`);
        seen.set(full, at);
      }
    }
  }
}

/** An environment is in one region, for both products; a default is one of those there are. */
function checkEnvironments(tables: TopologyTables): void {
  const regions = new Map<string, Region>();
  for (const product of PRODUCTS) {
    const { endpoints, default: fallback } = tables[product];
    for (const [row, { environment, region }] of endpoints.entries()) {
      const known = regions.get(environment) ?? region;
      const at = `${product}.endpoints[${row}].region`;
      if (known !== region)
        throw fault(at, `must be ${known}, where ${environment} already is${butIs(region)}`);
      regions.set(environment, region);
    }
    if (!endpoints.some(({ environment }) => environment === fallback)) {
      throw fault(`${product}.default`, `must be an environment of ${product}.endpoints${butIs(fallback)}`);
    }
  }
}

const RULES: Readonly<Record<string, string>> = {
  [REGION_PATTERN]: 'must be lower-case letters, digits and hyphens, at most 20',
  [ENVIRONMENT_PATTERN]: 'must be capital letters and then digits, like EU1, at most 20',
};
const TYPES: Readonly<Record<string, string>> = { object: 'an object', array: 'a list', string: 'text' };

function faultOfShape(error: TLocalizedValidationError | undefined, tables: unknown): OptionError {
  if (!error) throw new TypeError('what fails the schema has an error');
  const names = error.instancePath.split('/').slice(1);
  const value = names.reduce<unknown>((within, name) => (within as Record<string, unknown>)[name], tables);
  switch (error.keyword) {
    case 'required':
      return fault(pathOf([...names, ...error.params.requiredProperties.slice(0, 1)]), 'is missing');
    // A member that the schema does not know is checked against the schema `false`.
    case 'boolean':
      return fault(pathOf(names), 'is not a member of a topology');
    case 'type':
      return fault(pathOf(names), `must be ${TYPES[String(error.params.type)]}`);
    case 'minItems':
      return fault(pathOf(names), 'must not be empty');
    case 'enum':
      return fault(pathOf(names), `must be ${CUSTOMER_TYPES.join(' or ')}${butIs(value)}`);
    case 'pattern':
      return fault(pathOf(names), `${RULES[String(error.params.pattern)]}${butIs(value)}`);
    default:
      return fault(pathOf(names), error.message);
  }
}

/** `['batch', 'endpoints', '0']` as `batch.endpoints[0]`. */
const pathOf = (names: readonly string[]): string =>
  names
    .map((name) => (/^\d+$/.test(name) ? `[${name}]` : `.${name}`))
    .join('')
    .slice(1);

const butIs = (value: unknown): string => `, not ${JSON.stringify(value)}`;

const fault = (at: string, what: string): OptionError => new OptionError(`is wrong: ${at || 'it'} ${what}`);
