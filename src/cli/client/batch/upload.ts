import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { notRun } from '../client-error.ts';

/** A form with a job's config and its recording. */
export interface Upload {
  readonly headers: Readonly<Record<string, string>>;
  readonly sizeBytes: number;
  /** The form, read from disk while it is sent; tells how many bytes of it are. */
  content(onProgress: (sentBytes: number) => void): Readable;
}

/** Throws `ClientError` when there is no such file. */
export async function openUpload(file: string, config: object): Promise<Upload> {
  const fileBytes = await sizeOf(file);
  const boundary = `parley-${randomUUID()}`;
  const head = Buffer.from(
    [
      `--${boundary}\r\nContent-Disposition: form-data; name="config"\r\nContent-Type: application/json\r\n\r\n`,
      `${JSON.stringify(config)}\r\n`,
      `--${boundary}\r\nContent-Disposition: form-data; name="data_file"; filename="${quoted(path.basename(file))}"`,
      '\r\nContent-Type: application/octet-stream\r\n\r\n',
    ].join(''),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const sizeBytes = head.length + fileBytes + tail.length;
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(sizeBytes),
    },
    sizeBytes,
    content: (onProgress) => Readable.from(counted(form(head, file, fileBytes, tail), onProgress)),
  };
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((error: Error) => {
    throw notRun(`the recording cannot be read: ${error.message}`);
  });
  if (!found.isFile()) throw notRun(`${file} is no file`);
  if (found.size === 0) throw notRun(`${file} is empty`);
  await access(file, constants.R_OK).catch((error: Error) => {
    throw notRun(`the recording cannot be read: ${error.message}`);
  });
  return found.size;
}

/** As browsers write the name of a file. */
const quoted = (name: string): string =>
  name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** A file that grows meanwhile is sent as long as it was. */
async function* form(head: Uint8Array, file: string, fileBytes: number, tail: Uint8Array) {
  yield head;
  yield* createReadStream(file, { end: fileBytes - 1 }) as AsyncIterable<Uint8Array>;
  yield tail;
}

async function* counted(chunks: AsyncIterable<Uint8Array>, onProgress: (sentBytes: number) => void) {
  let sentBytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    sentBytes += chunk.length;
    onProgress(sentBytes);
  }
}
