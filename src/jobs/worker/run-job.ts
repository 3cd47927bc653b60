import type { Decoder } from '../../audio/decoder.ts';
import type { Clock } from '../../base/clock.ts';
import type { Engine } from '../../engines/engine.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Item } from '../../transcripts/item.ts';
import { type JsonV2, printJsonV2 } from '../../transcripts/json-v2.ts';
import { languagePack } from '../../transcripts/language-pack.ts';
import { blobKeys, type JsonObject } from '../job.ts';
import type { Lease, LeasedJob } from './lease.ts';

export interface RunDeps {
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly engine: Engine;
  readonly clock: Clock;
}

/** Audio in, stored transcript out. Decoding and recognition overlap; nothing but the words is held in memory. */
export async function runJob(
  deps: RunDeps,
  lease: Lease,
  job: LeasedJob,
  signal: AbortSignal,
): Promise<void> {
  const keys = blobKeys(lease.environment, lease.jobId);
  const language = languageOf(job.config);
  const audio = await deps.store.localPath(keys.audio, signal);
  const items: Item[] = [];
  try {
    const samples = deps.decoder.decode(audio.path, signal);
    for await (const item of deps.engine.recognizeFile(samples, { language }, signal)) items.push(item);
  } finally {
    await audio.release();
  }
  const transcript = transcriptOf(deps, lease, job, language, items);
  await deps.store.put(keys.transcript, Buffer.from(JSON.stringify(transcript)), signal);
}

function transcriptOf(
  { clock, engine }: RunDeps,
  lease: Lease,
  job: LeasedJob,
  language: string,
  items: readonly Item[],
): JsonV2 {
  const { createdAt, dataName, durationSeconds, config } = job;
  return printJsonV2({
    job: {
      id: lease.jobId,
      createdAt,
      dataName,
      durationSeconds,
      tracking: config.tracking as JsonObject | undefined,
    },
    createdAt: new Date(clock.now()),
    transcriptionConfig: config.transcription_config as JsonObject,
    outputConfig: config.output_config as JsonObject | undefined,
    language,
    languagePack: languagePack(language),
    orchestratorVersion: engine.version,
    items,
  });
}

/** The config was checked when the job was accepted. */
function languageOf(config: JsonObject): string {
  return (config.transcription_config as { language: string }).language;
}
