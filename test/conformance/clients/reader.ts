/** Readers as strict as a client's own: each throws, naming the place, for what the client could not take. */
export type Reader = (value: unknown, path: string) => void;

export class Unreadable extends Error {}

const refuse = (path: string, what: string): never => {
  throw new Unreadable(`${path} ${what}`);
};

export const any: Reader = () => {};

const typed =
  (name: string, is: (value: unknown) => boolean): Reader =>
  (value, path) => {
    if (!is(value)) refuse(path, `is no ${name}: ${JSON.stringify(value)}`);
  };

export const text = typed('text', (value) => typeof value === 'string');
export const number = typed('number', (value) => typeof value === 'number');
export const boolean = typed('boolean', (value) => typeof value === 'boolean');
export const object = typed('object', isObject);
/** 32 bits, and no fraction. */
export const integer = typed(
  'integer',
  (value) => Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31,
);
export const truthyText = typed(
  'text with something in it',
  (value) => typeof value === 'string' && value !== '',
);

export const oneOf = (...values: readonly string[]): Reader =>
  typed(`one of ${values.join(', ')}`, (value) => values.some((one) => one === value));

export const list =
  (of: Reader): Reader =>
  (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'is no list');
    for (const [index, one] of (value as unknown[]).entries()) of(one, `${path}.${index}`);
  };

export const mapOf =
  (of: Reader): Reader =>
  (value, path) => {
    object(value, path);
    for (const [name, member] of Object.entries(value as object)) of(member, `${path}.${name}`);
  };

export const filled =
  (of: Reader): Reader =>
  (value, path) => {
    list(of)(value, path);
    if ((value as unknown[]).length === 0) refuse(path, 'is empty');
  };

type Members = Readonly<Record<string, Reader>>;

interface Rules {
  readonly required?: Members;
  readonly optional?: Members;
  /** A member that is neither: Python's keyword arguments refuse it, serde reads on. */
  readonly others: 'refused' | 'ignored';
  /** An optional member that is there and null. */
  readonly nulls: 'refused' | 'absent';
}

export const struct =
  ({ required = {}, optional = {}, others, nulls }: Rules): Reader =>
  (value, path) => {
    if (!isObject(value)) return refuse(path, 'is no object');
    const members = value as Readonly<Record<string, unknown>>;
    for (const [name, read] of Object.entries(required)) {
      if (!Object.hasOwn(members, name)) refuse(path, `has no ${name}`);
      read(members[name], `${path}.${name}`);
    }
    for (const [name, member] of Object.entries(members)) {
      if (Object.hasOwn(required, name)) continue;
      const read = Object.hasOwn(optional, name) ? optional[name] : undefined;
      if (!read && others === 'refused') refuse(path, `has ${name}, which nobody expects`);
      if (member === null && nulls === 'absent') continue;
      read?.(member, `${path}.${name}`);
    }
  };

/** Of an object only what is named here is read, and a null is as good as nothing. */
export const picked = (required: Members, optional: Members = {}): Reader =>
  struct({ required, optional, others: 'ignored', nulls: 'absent' });

/** All of them. */
export const both =
  (...readers: readonly Reader[]): Reader =>
  (value, path) => {
    for (const read of readers) read(value, path);
  };

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
