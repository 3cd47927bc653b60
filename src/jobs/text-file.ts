import { buffer } from 'node:stream/consumers';
import { AppError } from '../errors/app-error.ts';
import { BlobNotFound, type BlobStore } from '../storage/blob-store.ts';
import { wordSpans } from '../transcripts/alignment/word-spans.ts';

/** Largest text to be aligned. */
export const MAX_TEXT_BYTES = 10_000_000;
/** More than anybody says in twenty hours. */
const MAX_WORDS = 200_000;

/** A text to be aligned, and its words in order. */
export interface TextFile {
  readonly text: string;
  readonly words: readonly string[];
}

/**
 * Reads a stored text. Throws `invalid_text` with a sentence for the submitter when it is not UTF-8, holds no words or
 * too many, or is not there.
 */
export async function readTextFile(store: BlobStore, key: string): Promise<TextFile> {
  const bytes = await store.get(key).then(buffer, (error: unknown) => {
    throw error instanceof BlobNotFound ? invalid('the text is no longer in the storage') : error;
  });
  const text = decode(bytes);
  const words: string[] = [];
  for (const { start, end } of wordSpans(text)) {
    if (words.length === MAX_WORDS) throw invalid(`the text has more than ${MAX_WORDS} words`);
    words.push(text.slice(start, end));
  }
  if (words.length === 0) throw invalid('the text has no words');
  return { text, words };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('invalid_text', { detail: 'the text is not UTF-8', cause });
  }
}

const invalid = (detail: string): AppError => new AppError('invalid_text', { detail });
