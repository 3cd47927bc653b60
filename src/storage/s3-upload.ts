import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { waitAtMost } from '../base/abort.ts';
import type { S3Connection } from './s3-client.ts';

/** A store takes 10,000 parts of an object: with these, more than the largest upload that may be allowed. */
const PART_BYTES = 10 * 1024 * 1024;
/** A failed upload is reported no later than this, though its parts may not have been removed yet. */
const REMOVE_WAIT_MS = 2_000;

interface Target {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Stores the chunks as one object and resolves to its size in bytes; one part and what has come of the next are held in
 * memory. The last request makes the object visible in one step, and once it is sent the store alone decides: a signal
 * that aborts later changes nothing. (`Upload` of `@aws-sdk/lib-storage` hands no signal to its requests, so that what
 * was aborted may still appear, and reads on when a part has failed.)
 */
export async function upload(
  connection: S3Connection,
  target: Target,
  chunks: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> {
  const { ask, writer } = connection;
  let multipart: Multipart | undefined;
  let sizeBytes = 0;
  try {
    for await (const { Body, isLast } of partsOf(chunks)) {
      sizeBytes += Body.length;
      if (isLast && !multipart) await ask(writer.send(new PutObjectCommand({ ...target, Body })));
      else {
        multipart ??= await beginMultipart(connection, target);
        await multipart.add(Body, signal);
      }
    }
    await multipart?.complete();
    return sizeBytes;
  } catch (error) {
    await multipart?.abort();
    throw error;
  }
}

interface Multipart {
  add(Body: Buffer, signal: AbortSignal | undefined): Promise<void>;
  complete(): Promise<void>;
  abort(): Promise<void>;
}

async function beginMultipart({ writer, ask }: S3Connection, target: Target): Promise<Multipart> {
  const { UploadId } = await ask(writer.send(new CreateMultipartUploadCommand(target)));
  const whole = { ...target, UploadId };
  const done: CompletedPart[] = [];
  return {
    async add(Body, signal) {
      const part = { ...whole, PartNumber: done.length + 1, Body };
      const sent = writer.send(new UploadPartCommand(part), signal && { abortSignal: signal });
      const { ETag } = await ask(sent, { signal });
      done.push({ ETag, PartNumber: part.PartNumber });
    },
    async complete() {
      await ask(
        writer.send(new CompleteMultipartUploadCommand({ ...whole, MultipartUpload: { Parts: done } })),
      );
    },
    async abort() {
      const removed = writer.send(new AbortMultipartUploadCommand(whole)).catch(() => {});
      await waitAtMost(REMOVE_WAIT_MS, removed);
    },
  };
}

interface Part {
  readonly Body: Buffer;
  readonly isLast: boolean;
}

/** Gathers chunks into parts of the same size; the last one may be smaller, and is there even when nothing comes. */
async function* partsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    for (let start = 0; start < chunk.byteLength; ) {
      if (heldBytes === PART_BYTES) {
        yield { Body: Buffer.concat(held, heldBytes), isLast: false };
        held = [];
        heldBytes = 0;
      }
      const piece = chunk.subarray(start, start + PART_BYTES - heldBytes);
      start += piece.byteLength;
      heldBytes += piece.byteLength;
      held.push(piece);
    }
  }
  yield { Body: Buffer.concat(held, heldBytes), isLast: true };
}
