import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { OutboundError, unreachable } from './outbound-error.ts';

/** Every address of a host name. Throws when there is none. */
export type Resolve = (hostName: string) => Promise<readonly string[]>;

/** By the system's resolver, hosts file included. */
export const systemResolve: Resolve = async (hostName) =>
  (await lookup(hostName, { all: true, order: 'verbatim' })).map(({ address }) => address);

/** Decides where outbound requests may go. */
export interface Destinations {
  /**
   * Reads a URL as far as it can be judged without asking the network: only http and https, no user name or password,
   * no address outside the public Internet in whatever spelling. Throws `OutboundError`.
   */
  check(url: string, base?: URL): URL;
  /** The addresses of a URL's host to which a connection may be made, at least one. Throws `OutboundError`. */
  addressesOf(hostName: string): Promise<readonly string[]>;
}

/** @param allow host names, addresses and CIDR ranges that are reachable although they are not public */
export function createDestinations(allow: readonly string[], resolve: Resolve): Destinations {
  const allowedNames = new Set(allow.map((entry) => entry.toLowerCase()));
  const ranges = allow.filter((entry) => isIP(entry.split('/')[0] ?? '') !== 0).map(rangeOf);
  const isAdmitted = (address: string) =>
    isPublic(address) || ranges.some((range) => contains(range, address));

  /** Names that are this machine by definition (RFC 6761, section 6.3); others are judged when they are resolved. */
  const leadsHome = (name: string) =>
    /^(.+\.)?localhost\.?$/.test(name) && !allowedNames.has(name) && !LOOPBACK.some(isAdmitted);

  return {
    check(text, base) {
      if (!URL.canParse(text, base?.href)) throw new OutboundError('the URL is malformed');
      const url = new URL(text, base);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new OutboundError('the URL must begin with http:// or https://');
      }
      if (url.username !== '' || url.password !== '') {
        throw new OutboundError('the URL must not hold a user name or password');
      }
      const host = bare(url.hostname);
      if (isIP(host) === 0 ? leadsHome(host) : !isAdmitted(host)) {
        throw new OutboundError('the address of the URL is not on the public Internet');
      }
      return url;
    },
    async addressesOf(hostName) {
      const host = bare(hostName);
      const found = isIP(host) === 0 ? await resolve(host).catch(failed) : [host];
      const isNamed = allowedNames.has(host.replace(/\.$/, ''));
      const admitted = found.filter((address) => isIP(address) !== 0 && (isNamed || isAdmitted(address)));
      if (admitted.length === 0) throw unreachable(new Error('no address of the host may be reached'));
      return admitted;
    },
  };
}

function failed(cause: unknown): never {
  throw unreachable(cause);
}

/** An IPv6 address stands in brackets in a URL. */
const bare = (hostName: string): string => hostName.replace(/^\[|\]$/g, '');

const LOOPBACK = ['127.0.0.1', '::1'];
/** What is given out of 2000::/3 only; all else is not routed on the Internet, or is another address in disguise. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Azure's host answers here, inside virtual machines only. */
const AZURE_HOST = '168.63.129.16';

/** Addresses that embed another (mapped, translated, tunnelled) are not public, whatever they embed. */
function isPublic(text: string): boolean {
  const address = ipaddr.parse(text);
  if (address.range() !== 'unicast') return false;
  return address instanceof ipaddr.IPv6 ? address.match(GLOBAL_UNICAST) : text !== AZURE_HOST;
}

type Range = ReturnType<typeof ipaddr.parseCIDR>;

function rangeOf(entry: string): Range {
  const [address = '', bits] = entry.split('/');
  const parsed = ipaddr.parse(address);
  return ipaddr.parseCIDR(`${address}/${bits ?? (parsed.kind() === 'ipv4' ? 32 : 128)}`);
}

function contains([network, bits]: Range, text: string): boolean {
  const address = ipaddr.process(text);
  return address.kind() === network.kind() && address.match([network, bits] as never);
}
