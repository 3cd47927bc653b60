import type { Decoder } from '../../audio/decoder.ts';
import type { Clock } from '../../base/clock.ts';
import { inSpan, type Span } from '../../base/span.ts';
import type { Engine } from '../../engines/engine.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import { applyFilters, type FilterTask } from '../../transcripts/filters/apply-filters.ts';
import type { Item } from '../../transcripts/item.ts';
import { type JsonV2, printJsonV2 } from '../../transcripts/json-v2.ts';
import { languagePack } from '../../transcripts/language-pack.ts';
import { addOnErrors } from '../config/add-ons.ts';
import { languageOf } from '../config/parse.ts';
import type { JobConfig } from '../config/schema.ts';
import { blobKeys } from '../job.ts';
import type { JobLog } from './job-log.ts';
import type { Lease, LeasedJob } from './lease.ts';
import { recognize } from './recognize.ts';

export interface RunDeps {
  readonly store: BlobStore;
  readonly decoder: Decoder;
  readonly engine: Engine;
  readonly clock: Clock;
}

/** A run of a job that writes down what it does. */
export interface LoggedRun {
  readonly lease: Lease;
  readonly job: LeasedJob;
  readonly log: JobLog;
  readonly span?: Span;
}

/** The log tells how far recognition of a recording has come that is at least this long. */
const LONG_SECONDS = 120;

/** Audio in, stored transcript out. Nothing but the words is held in memory. */
export async function runJob(
  deps: RunDeps,
  { lease, job, log, span }: LoggedRun,
  signal: AbortSignal,
): Promise<void> {
  const keys = blobKeys(lease.environment, lease.jobId);
  const audio = await deps.store.localPath(keys.audio, signal);
  try {
    log.note(`recognition started: ${job.durationSeconds} s of audio, ${deps.engine.version}`);
    const onProgress = progressNotes(log, job.durationSeconds);
    const recording = { path: audio.path, config: job.config, onProgress };
    const part = recognition(deps.engine);
    const channels = await inSpan(span, part, () => recognize(deps, recording, signal), signal);
    const items = (await applyFilters(filterTask(channels, job.config), signal)).flat();
    const transcript = transcriptOf(deps, lease, job, items);
    log.note(`recognition ended: ${items.length} words and marks`);
    await deps.store.put(keys.transcript, Buffer.from(JSON.stringify(transcript)), signal);
  } finally {
    await audio.release();
  }
}

/** The part of a run in which an engine is at work, the wait for one included. */
export const recognition = ({ name: engine }: Engine) => ({ name: 'recognize', facts: { engine } }) as const;

/** A line at every tenth of a recording that takes a while. */
function progressNotes(log: JobLog, durationSeconds: number): (secondsDone: number) => void {
  let tenths = 0;
  return (secondsDone) => {
    const done = Math.floor((10 * secondsDone) / durationSeconds);
    if (durationSeconds < LONG_SECONDS || done <= tenths || done > 9) return;
    tenths = done;
    log.note(`${10 * done} % of the audio heard`);
  };
}

const filterTask = (channels: Item[][], config: JobConfig): FilterTask => ({
  channels,
  config: config.transcription_config ?? {},
  language: languageOf(config),
});

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
    addOnErrors: addOnErrors(config),
    language,
    languagePack: languagePack(language),
    orchestratorVersion: engine.version,
    items,
  });
}
