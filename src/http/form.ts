import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.ts';
import type { HttpServer } from './server.ts';

export interface FormPart {
  readonly name: string;
  /** Empty when the client gave none. */
  readonly fileName: string;
  /** Fails with `too_large` past the limit. */
  readonly content: Readable;
}

const MAX_PARTS = 10;
const MAX_PART_HEADERS = 32;

/** Adds routes that read forms. The parser hooks into every request of its scope, so it has one of its own. */
export function addFormRoutes(app: HttpServer, add: (scope: HttpServer) => void): void {
  void app.register(async (scope) => {
    await scope.register(multipart, { throwFileSizeLimit: false });
    add(scope as unknown as HttpServer);
  });
}

/**
 * Reads a `multipart/form-data` body: each part is handed over as a stream in the order of arrival, so memory stays
 * flat. `take` reads its part to the end. Throws `malformed_request` for a body that is cut off or not a form.
 * @param maxBytes of one part
 */
export async function readForm(
  request: FastifyRequest,
  maxBytes: number,
  take: (part: FormPart) => Promise<void>,
): Promise<void> {
  if (!request.isMultipart()) {
    throw new AppError('malformed_request', { detail: 'the body must be multipart/form-data' });
  }
  const limits = { fileSize: maxBytes, parts: MAX_PARTS, headerPairs: MAX_PART_HEADERS, fieldNameSize: 100 };
  const inTake = new Set<unknown>();
  try {
    // Every part is a stream, with a file name or without: official clients differ in what they label.
    for await (const part of request.parts({ isPartAFile: () => true, limits })) {
      if (part.type !== 'file') continue;
      const { fieldname: name, filename: fileName = '', file: content } = part;
      content.once('limit', () => content.destroy(tooLarge(name, maxBytes)));
      content.once('error', (error) => inTake.add(error));
      await take({ name, fileName, content }).catch((error: unknown) => {
        // What the stream itself reports is the form's fault; anything else is the taker's.
        // A short part may have failed before it was handed over.
        throw inTake.has(error) || error === content.errored ? error : new TakeFailed(error);
      });
    }
  } catch (error) {
    throw faultOf(error);
  }
}

class TakeFailed extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

function faultOf(error: unknown): unknown {
  if (error instanceof TakeFailed) return error.cause;
  const known = error instanceof AppError || (error as { statusCode?: number }).statusCode !== undefined;
  return known
    ? error
    : new AppError('malformed_request', { detail: 'the form is cut off or malformed', cause: error });
}

const tooLarge = (name: string, maxBytes: number): AppError =>
  new AppError('too_large', { detail: `${name} is larger than ${maxBytes} bytes` });

/** The bytes of a part that must be small. Throws `too_large` beyond the limit. */
export async function* atMost(maxBytes: number, { name, content }: FormPart): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(name, maxBytes);
    yield chunk;
  }
}

/** A part that is short text. Throws `too_large` beyond the limit, `malformed_request` for bytes that are not UTF-8. */
export async function readText(part: FormPart, maxBytes: number): Promise<string> {
  const whole = await buffer(atMost(maxBytes, part));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(whole);
  } catch (error) {
    throw new AppError('malformed_request', { detail: `${part.name} is not UTF-8 text`, cause: error });
  }
}
