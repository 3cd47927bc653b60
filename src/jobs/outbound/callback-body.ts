import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, json } from 'node:stream/consumers';
import type { Body } from '../../net/outbound.ts';
import { BlobNotFound, type BlobStore } from '../../storage/blob-store.ts';
import type { AlignmentTags } from '../../transcripts/alignment/print-alignment.ts';
import type { JsonV2 } from '../../transcripts/json-v2.ts';
import { printTranscript, type TranscriptFormat } from '../../transcripts/print.ts';
import type { CONTENTS } from '../config/schema.ts';
import { blobKeys, type Job, jobDetails } from '../job.ts';

type Content = (typeof CONTENTS)[number];

/** Something a callback brings. */
interface Part {
  readonly name: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  read(): AsyncIterable<Uint8Array>;
}

/**
 * The body of a callback (Batch API, notifications): no contents named, a form with the transcript, or the alignment, as `data_file`; none
 * wanted, nothing; one, the thing itself; more, a form with a file for each. What the job does not have is left out.
 * @param job its config masked: what it says of other requests is not for this receiver
 */
export async function callbackBody(
  store: BlobStore,
  job: Job,
  contents: readonly string[] | undefined,
): Promise<Body> {
  const names = contents?.map((name) => name.replace(':', '.') as Content);
  const parts: Part[] = [];
  for (const name of names ?? [
    job.config?.type === 'alignment' ? ('alignment' as const) : ('transcript' as const),
  ]) {
    const part = await partOf(store, job, name);
    if (part) parts.push(names ? part : { ...part, name: 'data_file' });
  }
  const [only] = parts;
  if (!only) return { sizeBytes: 0, content: Readable.from([]) };
  if (names?.length !== 1) return form(parts);
  return { contentType: only.contentType, sizeBytes: only.sizeBytes, content: only.read() };
}

const ALIGNMENTS: Partial<Record<Content, AlignmentTags>> = {
  alignment: 'word_start_and_end',
  'alignment.word_start_and_end': 'word_start_and_end',
  'alignment.one_per_line': 'one_per_line',
};

const TRANSCRIPTS: Partial<Record<Content, [TranscriptFormat, extension: string, contentType: string]>> = {
  transcript: ['json-v2', 'json', 'application/json'],
  'transcript.json-v2': ['json-v2', 'json', 'application/json'],
  'transcript.txt': ['txt', 'txt', 'text/plain; charset=utf-8'],
  'transcript.srt': ['srt', 'srt', 'text/plain; charset=utf-8'],
};

async function partOf(store: BlobStore, job: Job, name: Content): Promise<Part | undefined> {
  const keys = blobKeys(job.environment, job.id);
  if (name === 'jobinfo') {
    const info = { ...jobDetails(job), ...(job.config?.tracking && { tracking: job.config.tracking }) };
    return held(name, `${job.id}.json`, 'application/json', JSON.stringify(info));
  }
  if (name === 'data') return job.audioBytes === 0 ? undefined : streamed(store, job, keys.audio);
  const tags = ALIGNMENTS[name];
  if (name === 'text' || tags) {
    const stored = await store.get(tags ? keys.alignment[tags] : keys.text).then(buffer, absent);
    return stored && held(name, `${job.id}.txt`, 'text/plain; charset=utf-8', stored);
  }
  const transcript = TRANSCRIPTS[name];
  if (!transcript || job.status !== 'done') return undefined;
  const [format, extension, contentType] = transcript;
  const stored = await store.get(keys.transcript).then(json, absent);
  if (stored === undefined) return undefined;
  const printed = printTranscript(stored as JsonV2, format);
  const text = typeof printed === 'string' ? printed : JSON.stringify(printed);
  return held(name, `${job.id}.${extension}`, contentType, text);
}

function held(name: string, fileName: string, contentType: string, content: string | Uint8Array): Part {
  const bytes = Buffer.from(content as string);
  return { name, fileName, contentType, sizeBytes: bytes.length, read: () => Readable.from([bytes]) };
}

const streamed = (store: BlobStore, job: Job, key: string): Part => ({
  name: 'data',
  fileName: job.id,
  contentType: 'application/octet-stream',
  sizeBytes: job.audioBytes,
  async *read() {
    yield* await store.get(key);
  },
});

function absent(error: unknown): undefined {
  if (error instanceof BlobNotFound) return undefined;
  throw error;
}

/** `multipart/form-data` (RFC 7578). Names and ids need no quoting. */
function form(parts: readonly Part[]): Body {
  const boundary = `parley-${randomUUID()}`;
  const heads = parts.map(({ name, fileName, contentType }) =>
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
        `Content-Type: ${contentType}\r\n\r\n`,
    ),
  );
  const lineBreak = Buffer.from('\r\n');
  const end = Buffer.from(`--${boundary}--\r\n`);
  const sizes = parts.map(
    ({ sizeBytes }, index) => (heads[index]?.length ?? 0) + sizeBytes + lineBreak.length,
  );
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    sizeBytes: sizes.reduce((sum, size) => sum + size, end.length),
    content: (async function* () {
      for (const [index, part] of parts.entries()) {
        yield heads[index] as Buffer;
        yield* part.read();
        yield lineBreak;
      }
      yield end;
    })(),
  };
}
