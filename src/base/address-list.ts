import { BlockList, isIP } from 'node:net';

/** @param ranges addresses and CIDR ranges, checked before (`isAddressOrRange`) */
export function addressList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** @param text an IP address; one of IPv4 may be written as one of IPv6. Anything else is not listed. */
export function isListed(list: BlockList, text: string): boolean {
  const [address = ''] = text.split('%'); // the zone of a link-local address
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
