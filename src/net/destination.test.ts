import { describe, expect, it } from 'vitest';
import { createDestinations, type Resolve } from './destination.ts';

/** Addresses that are not public, each by the range it is of. */
const PRIVATE = [
  ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255'],
  ...['192.168.0.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '192.0.0.192', '198.18.0.1'],
  ...['224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.1', '168.63.129.16'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  ...['fd00::1', 'fc00::1', 'ff02::1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::', '2001::1'],
  ...['2001:db8::1', '100::1', '4000::1'],
];
const PUBLIC = ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '2a00:1450:4001:806::200e'];

const answering =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses;

describe('an address a name leads to', () => {
  it.each(PRIVATE)('%s is not reached', async (address) => {
    const { addressesOf } = createDestinations([], answering(address));
    await expect(addressesOf('name.test')).rejects.toThrow('the host cannot be reached');
  });

  it.each(PUBLIC)('%s is reached', async (address) => {
    const { addressesOf } = createDestinations([], answering(address));
    expect(await addressesOf('name.test')).toEqual([address]);
  });

  it('is left out when it is one of several', async () => {
    const { addressesOf } = createDestinations([], answering('10.0.0.1', '8.8.8.8', '::1'));
    expect(await addressesOf('name.test')).toEqual(['8.8.8.8']);
  });

  it('that is no address, as a broken resolver may answer, is not reached', async () => {
    const { addressesOf } = createDestinations([], answering('localhost', ''));
    await expect(addressesOf('name.test')).rejects.toThrow('the host cannot be reached');
  });

  it('cannot be told from a name that leads nowhere', async () => {
    const nowhere = createDestinations([], () => Promise.reject(new Error('ENOTFOUND')));
    const inside = createDestinations([], answering('10.0.0.1'));
    const messageOf = (one: typeof nowhere) =>
      one.addressesOf('x.test').catch((error: Error) => error.message);
    expect(await messageOf(nowhere)).toBe(await messageOf(inside));
  });
});

describe('a URL', () => {
  const { check } = createDestinations([], answering());

  it.each([
    ...[
      'file:///etc/passwd',
      'gopher://x.test/',
      'ftp://x.test/',
      'data:audio/wav;base64,AA==',
      'ws://x.test/',
    ],
    ...[
      'FILE:///etc/passwd',
      'blob:http://x.test/1',
      'javascript:1',
      'unix:/run/docker.sock',
      'jar:http://x.test/!/',
    ],
  ])('%s is refused for its scheme', (url) => {
    expect(() => check(url)).toThrow('must begin with http:// or https://');
  });

  it.each([
    '',
    'x',
    '//x.test/',
    'http://',
    'http://[::1',
    'http://x.test:99999/',
    'http://1.2.3.4.5/',
    'http://a b/',
  ])('%j is refused as malformed', (url) => {
    expect(() => check(url)).toThrow('malformed');
  });

  it.each(['http://user@8.8.8.8/', 'http://u:p@x.test/', 'http://:p@x.test/', 'http://8.8.8.8@127.0.0.1/'])(
    '%s is refused for its credentials',
    (url) => {
      expect(() => check(url)).toThrow('user name or password');
    },
  );

  it.each([
    ...[
      'http://127.0.0.1/',
      'http://2130706433/',
      'http://0177.0.0.1/',
      'http://0x7f.1/',
      'http://127.1/',
      'http://0/',
    ],
    ...['http://localhost/', 'http://A.localhost./'],
    ...['http://017700000001/', 'http://0x7f000001/', 'http://127.0.0.1./', 'http://%31%32%37.0.0.1/'],
    ...[
      'http://①②⑦.⓪.⓪.①/',
      'http://127。0。0。1/',
      'http:/\\127.0.0.1/',
      'http:127.0.0.1',
      ' http://127.0.0.1/',
    ],
    ...[
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[::ffff:7f00:1]/',
      'http://[0:0:0:0:0:0:0:1]/',
    ],
    ...[
      'http://[fd00::1]/',
      'http://[fe80::1]/',
      'http://[64:ff9b::7f00:1]/',
      'http://169.254.169.254/latest/',
    ],
    ...['http://2852039166/', 'http://0xa9fea9fe/', 'http://100.64.0.1/', 'http://[::]/'],
  ])('%s is refused for its address', (url) => {
    expect(() => check(url)).toThrow('not on the public Internet');
  });

  it.each([
    'http://8.8.8.8/a?b=c',
    'https://x.test:8443/',
    'http://münchen.test/',
    'http://[2606:4700::1111]/',
  ])('%s may be tried', (url) => {
    expect(check(url).protocol).toMatch(/^https?:$/);
  });
});

describe('what is allowed', () => {
  it('is an address or a range, in whatever spelling', async () => {
    const { check, addressesOf } = createDestinations(
      ['10.1.0.0/16', '::1', '127.0.0.1'],
      answering('10.1.2.3'),
    );
    expect(check('http://10.1.255.255/').hostname).toBe('10.1.255.255');
    expect(check('http://0x7f.1/').hostname).toBe('127.0.0.1');
    expect(check('http://[::1]/').hostname).toBe('[::1]');
    expect(await addressesOf('inside.test')).toEqual(['10.1.2.3']);
    for (const url of ['http://10.2.0.1/', 'http://127.0.0.2/', 'http://[fd00::1]/']) {
      expect(() => check(url)).toThrow('public');
    }
  });

  it('is a host by its name, and no other of the same address', async () => {
    const { addressesOf } = createDestinations(['Files.Test'], answering('10.0.0.1'));
    expect(await addressesOf('files.test')).toEqual(['10.0.0.1']);
    expect(await addressesOf('files.test.')).toEqual(['10.0.0.1']);
    for (const other of ['other.test', 'x.files.test', 'files.test.evil.test', '10.0.0.1']) {
      await expect(addressesOf(other)).rejects.toThrow('cannot be reached');
    }
  });
});
