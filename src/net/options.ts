import { isAddressOrRange, type Option, OptionError } from '../base/option.ts';

const HOST_NAME =
  /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;
/** A range that is misspelt, or an address that lacks a part, must not count as the name of a host. */
const LOOKS_LIKE_ADDRESS = /^[\d./]+$|[:/]/;

function parse(value: string): readonly string[] {
  const entries = value.split(',').map((entry) => entry.trim());
  const wrong = entries.find(
    (entry) => !isAddressOrRange(entry) && (LOOKS_LIKE_ADDRESS.test(entry) || !HOST_NAME.test(entry)),
  );
  if (wrong !== undefined) {
    throw new OptionError(`must list host names, addresses or CIDR ranges, not "${wrong}"`);
  }
  return entries;
}

export const netOptions = {
  fetchAllow: {
    env: 'PARLEY_FETCH_ALLOW',
    doc: 'Host names, addresses or CIDR ranges, separated by commas, that `fetch_data`, `fetch_text` and callbacks may reach although they are not on the public Internet.',
    defaultText: undefined,
    defaultValue: [],
    parse,
  } satisfies Option<readonly string[]>,
};
