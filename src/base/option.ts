import { statSync } from 'node:fs';
import { isIP } from 'node:net';

/**
 * One declaration per setting: its variable, default, check and manual line. `config/load.ts` reads the
 * values, `docs/configuration.md` is printed from the same declarations.
 */
export interface Option<T> {
  readonly env: string;
  /** Manual text: what it does, its unit. */
  readonly doc: string;
  /** As the manual shows it; `undefined` prints as "unset". */
  readonly defaultText: string | undefined;
  readonly defaultValue: T;
  /** Throws `OptionError` whose message completes the sentence "PARLEY_X …". */
  readonly parse: (text: string) => T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of a set of options: `{ port: Option<number> }` becomes `{ port: number }`. */
export type Values<S extends Options> = { readonly [K in keyof S]: S[K] extends Option<infer T> ? T : never };

export class OptionError extends Error {
  override readonly name = 'OptionError';
}

interface Text {
  readonly env: string;
  readonly doc: string;
}

export function text(option: Text & { default: string }): Option<string> {
  return { ...option, defaultText: option.default, defaultValue: option.default, parse: (value) => value };
}

export function optionalText(option: Text): Option<string | undefined> {
  return { ...option, defaultText: undefined, defaultValue: undefined, parse: (value) => value };
}

/** The address of a server over HTTP. It may hold a secret, so a complaint does not repeat it. */
export function endpoint(option: Text & { example: string }): Option<string | undefined> {
  const parse = (address: string) => {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      throw new OptionError(`must look like ${option.example}, without credentials`);
    }
    return address;
  };
  return { ...optionalText(option), parse };
}

/** The path of a file that is there and can be read. */
export function file(option: Text): Option<string | undefined> {
  const parse = (path: string) => {
    if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
      throw new OptionError(`must name a file that is there, not "${path}"`);
    }
    return path;
  };
  return { ...option, defaultText: undefined, defaultValue: undefined, parse };
}

export function integer(option: Text & { default: number; min: number; max: number }): Option<number> {
  return {
    ...option,
    defaultText: String(option.default),
    defaultValue: option.default,
    parse: (value) => {
      const number = Number(value);
      if (!/^\d+$/.test(value) || number < option.min || number > option.max) {
        throw new OptionError(`must be a whole number from ${option.min} to ${option.max}, not "${value}"`);
      }
      return number;
    },
  };
}

export function flag(option: Text): Option<boolean> {
  return {
    ...option,
    defaultText: '0',
    defaultValue: false,
    parse: (value) => {
      if (value !== '0' && value !== '1') throw new OptionError(`must be 0 or 1, not "${value}"`);
      return value === '1';
    },
  };
}

export function choice<const T extends string>(
  option: Text & { default: NoInfer<T>; of: readonly T[] },
): Option<T> {
  return {
    ...option,
    defaultText: option.default,
    defaultValue: option.default,
    parse: (value) => {
      const found = option.of.find((one) => one === value);
      if (found === undefined)
        throw new OptionError(`must be one of ${option.of.join(', ')}, not "${value}"`);
      return found;
    },
  };
}

/** Comma-separated addresses or CIDR ranges; none by default. */
export function addresses(option: Text): Option<readonly string[]> {
  const parse = (value: string) => {
    const entries = value.split(',').map((entry) => entry.trim());
    const wrong = entries.find((entry) => !isAddressOrRange(entry));
    if (wrong !== undefined) throw new OptionError(`must list addresses or CIDR ranges, not "${wrong}"`);
    return entries;
  };
  return { ...option, defaultText: undefined, defaultValue: [], parse };
}

export function isAddressOrRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= longest);
  return longest > 0 && isBits && rest.length === 0;
}

/** A sustained rate and a burst, written `10/50`: 10 per second, at most 50 at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export function rate(option: Text & { default: string }): Option<Rate> {
  const { default: defaultText } = option;
  return { ...option, defaultText, defaultValue: parseRate(defaultText), parse: parseRate };
}

export function optionalRate(option: Text): Option<Rate | undefined> {
  return { ...option, defaultText: undefined, defaultValue: undefined, parse: parseRate };
}

function parseRate(value: string): Rate {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(value);
  const parsed = { perSecond: Number(match?.[1]), burst: Number(match?.[2]) };
  if (!(parsed.perSecond > 0 && parsed.burst > 0)) {
    throw new OptionError(`must be written RATE/BURST, as in 10/50, not "${value}"`);
  }
  return parsed;
}
