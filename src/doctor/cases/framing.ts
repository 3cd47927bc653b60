import { type Case, type CaseRow, numbered } from '../case.ts';
import { all, fault } from '../expect.ts';
import type { Target, Verdict } from '../target.ts';
import { mints } from '../twins.ts';
import { bearer, type Header, JSON_TYPE } from '../wire/client.ts';

const length = (value: string): Header => ['Content-Length', value];
const encoding = (value: string): Header => ['Transfer-Encoding', value];
const WISH = '{"ttl":60}';
const CHUNKED_WISH = 'a\r\n{"ttl":60}\r\n0\r\n\r\n';

/** Heads that two programs may read as two different requests. */
const HEADS: Readonly<Record<string, readonly [headers: readonly Header[], body: string]>> = {
  'two lengths': [[length('10'), length('11')], WISH],
  'two lengths that agree in a list': [[length('10, 10')], WISH],
  'a negative length': [[length('-1')], ''],
  'a length with a sign': [[length('+10')], WISH],
  'a length in hexadecimal': [[length('0xa')], WISH],
  'a length that is text': [[length('ten')], WISH],
  'a length beyond all numbers': [[length('9'.repeat(40))], WISH],
  'a length and chunks': [[length('10'), encoding('chunked')], CHUNKED_WISH],
  'chunks and a length': [[encoding('chunked'), length('10')], CHUNKED_WISH],
  'chunked, then identity': [[encoding('chunked'), encoding('identity')], CHUNKED_WISH],
  'chunked in a list, not last': [[encoding('chunked, identity')], CHUNKED_WISH],
  'chunked behind a vertical tab': [[encoding('\x0bchunked')], CHUNKED_WISH],
  'chunked with a letter more': [[encoding('xchunked')], CHUNKED_WISH],
  'a chunk size that is none': [[encoding('chunked')], 'ZZ\r\n{"ttl":60}\r\n0\r\n\r\n'],
  'a chunk size beyond all numbers': [[encoding('chunked')], `${'f'.repeat(40)}\r\n`],
  'a space before the colon': [[['Content-Length ', '10']], WISH],
  'a header over two lines': [[length('10'), ['X-A', 'a\r\n b']], WISH],
  'a bare newline in a header': [[length('10'), ['X-A', 'a\nX-B: b']], WISH],
  'a NUL in a header': [[length('10'), ['X-A', 'a\0b']], WISH],
};

/** Refused, or the connection ended; in either case no key. */
async function mintsNothing(target: Target, headers: readonly Header[], body: string): Promise<Verdict> {
  const head = target.write('/v1/api_keys', {
    method: 'POST',
    key: target.apiKey,
    headers: [JSON_TYPE, ...headers],
  });
  const { answers } = await target.exchange(Buffer.concat([head, Buffer.from(body)]), { limitMs: 5_000 });
  return all(
    fault(
      answers.some(({ status }) => status < 400),
      `accepted: ${answers.map(({ status }) => status)}`,
    ),
    fault(
      answers.some((answer) => /key_value/.test(answer.body)),
      'a key was made',
    ),
  );
}

/** A second request in the body of the first is no request. */
async function staysInside(target: Target): Promise<Verdict> {
  const inner = `GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n`;
  const headers = [bearer(target.apiKey), JSON_TYPE, length(String(inner.length))];
  const bytes = Buffer.concat([
    target.write('/v1/api_keys', { method: 'POST', headers }),
    Buffer.from(inner),
  ]);
  const { answers } = await target.exchange(bytes, { untilEnd: true, limitMs: 5_000 });
  return fault(answers.length !== 1, `one request was answered ${answers.length} times`);
}

/** T30, the other half: a request that can be read in two ways is not served in either. */
export const framing: readonly Case[] = numbered('T30.f', [
  ...Object.entries(HEADS).map(
    ([title, [headers, body]]): CaseRow => ({
      title: `a request with ${title} mints nothing`,
      attack: (target) => mintsNothing(target, headers, body),
      twin: mints,
    }),
  ),
  { title: 'a request inside a body is not answered', attack: staysInside, twin: mints },
]);
