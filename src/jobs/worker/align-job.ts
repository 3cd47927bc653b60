import { inSpan } from '../../base/span.ts';
import { alignText } from '../../engines/engine.ts';
import { ALIGNMENT_TAGS, printAlignment } from '../../transcripts/alignment/print-alignment.ts';
import type { Item } from '../../transcripts/item.ts';
import { languageOf } from '../config/parse.ts';
import { blobKeys } from '../job.ts';
import { readTextFile } from '../text-file.ts';
import { type LoggedRun, type RunDeps, recognition } from './run-job.ts';

/** Audio and its text in, the text with the times of its words out, once in each form. */
export async function alignJob(
  { store, decoder, engine }: RunDeps,
  { lease, job, log, span }: LoggedRun,
  signal: AbortSignal,
): Promise<void> {
  const keys = blobKeys(lease.environment, lease.jobId);
  const { text, words } = await readTextFile(store, keys.text);
  const audio = await store.localPath(keys.audio, signal);
  const items: Item[] = [];
  try {
    log.note(
      `alignment started: ${words.length} words, ${job.durationSeconds} s of audio, ${engine.version}`,
    );
    const spoken = { openAudio: () => decoder.decode(audio.path, signal), words };
    const options = { language: languageOf(job.config) };
    const align = async () => {
      for await (const item of alignText(engine, spoken, options, signal)) items.push(item);
    };
    await inSpan(span, recognition(engine), align, signal);
  } finally {
    await audio.release();
  }
  log.note(`alignment ended: ${items.filter(({ confidence }) => confidence > 0).length} words were heard`);
  for (const tags of ALIGNMENT_TAGS) {
    await store.put(keys.alignment[tags], Buffer.from(printAlignment(text, items, tags)), signal);
  }
}
