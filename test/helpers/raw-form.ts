import { bearer, requestHead } from './raw-http.ts';

/** A boundary that does not occur in what the tests send. */
export const BOUNDARY = 'parley-attack-boundary';

export const CONFIG_TEXT = '{"type":"transcription","transcription_config":{"language":"en"}}';

/** One part of a form, its headers byte for byte. `disposition` is what follows `form-data; `. */
export function formPart(disposition: string, content: string | Uint8Array, headers = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${headers}\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}

export const configPart = (text: string | Uint8Array = CONFIG_TEXT): Buffer =>
  formPart('name="config"', text);

export const filePart = (audio: Uint8Array, name = 'filename="a.wav"'): Buffer =>
  formPart(`name="data_file"; ${name}`, audio);

export const formOf = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]);

/** A whole submission. A header given here replaces the usual one. */
export function submission(
  key: string,
  body: Uint8Array,
  {
    contentType = `multipart/form-data; boundary=${BOUNDARY}`,
    target = '/v2/jobs',
    headers = [['Content-Length', String(body.length)]],
  }: {
    contentType?: string;
    target?: string;
    headers?: readonly (readonly [string, string])[];
  } = {},
): Buffer {
  const head = requestHead('POST', target, [bearer(key), ['Content-Type', contentType], ...headers]);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
