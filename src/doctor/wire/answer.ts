/** One answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  /** Names in lower case; the last of several with one name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** No other answer to the request will come: after `101` there is no HTTP any more. */
export const isFinal = ({ status }: Answer): boolean => status >= 200 || status === 101;

interface Circumstances {
  /** Answers to HEAD have no body, whatever they announce. */
  readonly isHead?: boolean;
  /** The connection is over: a body without a length is complete. */
  readonly isEnded?: boolean;
}

/** Every complete HTTP/1 answer in these bytes, interim ones (1xx) included. */
export function readAnswers(bytes: Buffer, circumstances: Circumstances = {}): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; ; ) {
    const headEnd = bytes.indexOf('\r\n\r\n', at);
    if (headEnd < 0) return answers;
    const [statusLine = '', ...lines] = bytes.toString('latin1', at, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
    const headers = new Map(lines.map(readHeader));
    const hasBody = status >= 200 && status !== 204 && status !== 304 && !circumstances.isHead;
    const rest = bytes.subarray(headEnd + 4);
    const read = hasBody ? readBody(rest, headers, circumstances.isEnded) : { body: '', length: 0 };
    if (!read) return answers;
    answers.push({ status, headers, body: read.body });
    if (status === 101) return answers;
    at = headEnd + 4 + read.length;
  }
}

function readHeader(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

type Body = { readonly body: string; readonly length: number };

/** `undefined` while the body is not all there. */
function readBody(rest: Buffer, headers: ReadonlyMap<string, string>, isEnded = false): Body | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase().endsWith('chunked')) return readChunks(rest);
  const declared = headers.get('content-length');
  if (declared === undefined) return isEnded ? { body: rest.toString(), length: rest.length } : undefined;
  const length = Number(declared);
  return rest.length < length ? undefined : { body: rest.toString('utf8', 0, length), length };
}

function readChunks(rest: Buffer): Body | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = rest.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', at, lineEnd), 16);
    const start = lineEnd + 2;
    if (!(size >= 0) || rest.length < start + size + 2) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks).toString(), length: start + 2 };
    chunks.push(rest.subarray(start, start + size));
    at = start + size + 2;
  }
}
