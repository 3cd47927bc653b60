import type { Decoder } from '../../audio/decoder.ts';
import type { Clock } from '../../base/clock.ts';
import type { Engine } from '../../engines/engine.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { Item } from '../../transcripts/item.ts';
import { type JsonV2, printJsonV2 } from '../../transcripts/json-v2.ts';
import { languagePack } from '../../transcripts/language-pack.ts';
import { languageOf } from '../config/parse.ts';
import { blobKeys } from '../job.ts';
import type { Lease, LeasedJob } from './lease.ts';
import { recognize } from './recognize.ts';

export interface RunDeps {
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly engine: Engine;
  readonly clock: Clock;
}

/** Audio in, stored transcript out. Nothing but the words is held in memory. */
export async function runJob(
  deps: RunDeps,
  lease: Lease,
  job: LeasedJob,
  signal: AbortSignal,
): Promise<void> {
  const keys = blobKeys(lease.environment, lease.jobId);
  const audio = await deps.store.localPath(keys.audio, signal);
  try {
    const items = await recognize(deps, audio.path, job.config, signal);
    const transcript = transcriptOf(deps, lease, job, items);
    await deps.store.put(keys.transcript, Buffer.from(JSON.stringify(transcript)), signal);
  } finally {
    await audio.release();
  }
}

function transcriptOf(
  { clock, engine }: RunDeps,
  lease: Lease,
  job: LeasedJob,
  items: readonly Item[],
): JsonV2 {
  const { createdAt, dataName, durationSeconds, config } = job;
  const language = languageOf(config);
  return printJsonV2({
    job: { id: lease.jobId, createdAt, dataName, durationSeconds, tracking: config.tracking },
    createdAt: new Date(clock.now()),
    transcriptionConfig: config.transcription_config ?? {},
    outputConfig: config.output_config,
    language,
    languagePack: languagePack(language),
    orchestratorVersion: engine.version,
    items,
  });
}
