import { addresses, file, flag, integer, text } from '../base/option.ts';

export const httpOptions = {
  port: integer({
    env: 'PARLEY_PORT',
    doc: 'Port to listen on; 0 takes any free one.',
    default: 8_080,
    min: 0,
    max: 65_535,
  }),
  host: text({
    env: 'PARLEY_HOST',
    doc: 'Address to listen on. Any but a loopback address needs TLS, or PARLEY_ALLOW_PLAINTEXT=1.',
    default: '127.0.0.1',
  }),
  allowPlaintext: flag({
    env: 'PARLEY_ALLOW_PLAINTEXT',
    doc: 'Listen on a public address without TLS, because something in front ends it.',
  }),
  tlsCert: file({
    env: 'PARLEY_TLS_CERT',
    doc: 'File with the certificate chain, PEM. Needs PARLEY_TLS_KEY.',
  }),
  tlsKey: file({ env: 'PARLEY_TLS_KEY', doc: 'File with the private key of the certificate, PEM.' }),
  trustedProxies: addresses({
    env: 'PARLEY_TRUSTED_PROXIES',
    doc: 'Comma-separated addresses or CIDR ranges of proxies whose `X-Forwarded-For`, `-Host` and `-Proto` are believed. None by default.',
  }),
};
