import { isDeepStrictEqual } from 'node:util';
import type { Target, Verdict } from './target.ts';
import type { Answer } from './wire/answer.ts';

export const UNAUTHENTICATED = '{"code":401,"error":"Permission Denied"}';
export const JOB_NOT_FOUND = '{"code":404,"error":"Job not found"}';

/** An answer as a report may show it: if a server gives a key away, the report does not. */
const shown = ({ status, body }: Answer): string =>
  `${status} ${body
    .replace(/eyJ[\w.-]{20,}|ply[mo]?_\w{20,}/g, '(a key)')
    .slice(0, 160)
    .replace(/\s+/g, ' ')}`;

export const fault = (isFault: boolean, sentence: string): Verdict => (isFault ? [sentence] : []);

export const status = (answer: Answer, ...expected: readonly number[]): Verdict =>
  fault(!expected.includes(answer.status), `expected ${expected.join(' or ')}, got ${shown(answer)}`);

/** Refused as a client's fault: not accepted, and no failure of the server. */
export const clientError = (answer: Answer): Verdict =>
  fault(answer.status < 400 || answer.status >= 500, `expected 4xx, got ${shown(answer)}`);

/** What differs between any two answers, or is added by a front end for its own books. */
const OWN_HEADERS =
  /^(date|request-id|x-request-id|x-correlation-id|traceparent|cf-ray|x-azure-ref|x-amz-.*|x-cache.*|age|set-cookie|server-timing|nel|report-to)$/;

const comparable = ({ status: code, headers, body }: Answer) => ({
  code,
  body,
  headers: [...headers].filter(([name]) => !OWN_HEADERS.test(name)).sort(([a], [b]) => (a < b ? -1 : 1)),
});

/** Status, body and headers are those of the other answer. */
export function same(answer: Answer, other: Answer): Verdict {
  const [one, two] = [comparable(answer), comparable(other)];
  if (isDeepStrictEqual(one, two)) return [];
  if (one.code !== two.code || one.body !== two.body)
    return [`expected ${shown(other)}, got ${shown(answer)}`];
  const lines = (from: typeof one) => from.headers.map(([name, value]) => `${name}: ${value}`);
  const differing = lines(one).filter((line) => !lines(two).includes(line));
  return [`the headers tell the difference: ${differing.join(', ') || 'one is missing'}`];
}

/** The one 401, byte for byte as it is without any credential. */
export const refused = (target: Target, answer: Answer): Verdict => same(answer, target.refusal);

/** As `refused`, or 400 by whatever read the request first: for requests that are ambiguous as HTTP. */
export const refusedOrBad = (target: Target, answer: Answer): Verdict =>
  answer.status === 400 ? [] : refused(target, answer);

/** 403 in the documented shape. */
export const forbidden = (answer: Answer): Verdict => [
  ...status(answer, 403),
  ...fault(
    answer.status === 403 && !/"error":"Forbidden"/.test(answer.body),
    'a 403 without "error":"Forbidden"',
  ),
];

/** A 4xx that hands no key out. */
export const noKey = (answer: Answer): Verdict => [
  ...clientError(answer),
  ...fault(/key_value|eyJ/.test(answer.body), 'a key was made'),
];

/** Neither this credential nor anything but the caller's permission stood in the way. */
export const admitted = (answer: Answer): Verdict =>
  fault(
    [401, 403, 405, 429].includes(answer.status) || answer.status >= 500,
    `expected to be let in, got ${shown(answer)}`,
  );

export const holds = (answer: Answer, text: string): Verdict =>
  fault(!answer.body.includes(text), `expected ${text} in ${shown(answer)}`);

export const lacks = (answer: Answer, text: string, what: string): Verdict =>
  fault(answer.body.includes(text), `${what} is in the answer (${answer.status})`);

/** The verdicts of all, one after another. */
export async function all(...verdicts: readonly (Verdict | Promise<Verdict>)[]): Promise<Verdict> {
  return (await Promise.all(verdicts)).flat();
}
