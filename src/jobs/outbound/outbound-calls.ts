import type { Decoder } from '../../audio/decoder.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Tracer } from '../../base/span.ts';
import type { Database } from '../../db/database.ts';
import type { Sealer } from '../../identity/secrets/pepper.ts';
import type { Outbound } from '../../net/outbound.ts';
import type { BlobStore } from '../../storage/blob-store.ts';
import type { JobEvents } from '../job.ts';
import type { Watch } from '../watch.ts';
import type { Queue } from '../worker/queue.ts';
import { createFetch } from './fetch.ts';
import { makeCalls } from './make-calls.ts';
import { createNotify } from './notify.ts';

interface Deps {
  readonly database: Database;
  readonly store: BlobStore;
  readonly storeId: string;
  readonly decoder: Decoder;
  readonly queue: Queue;
  readonly watch: Watch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly http: Outbound;
  readonly sealer: Sealer;
  readonly maxUploadBytes: number;
  readonly events?: JobEvents;
  readonly tracer?: Tracer;
}

interface Gaps {
  readonly fetchMs: readonly number[];
  readonly notifyMs: readonly number[];
}

/** As observed of the service that is compatible with this one: four attempts of either. */
const GAPS: Gaps = { fetchMs: [2_000, 10_000, 20_000], notifyMs: [15_000, 20_000, 30_000] };

const AT_ONCE = { concurrency: 16, perProject: 4 };

/** Makes the HTTP requests of jobs, apart from the workers: a slow host keeps no engine waiting. */
export async function startOutboundCalls(deps: Deps, gaps: Gaps = GAPS): Promise<{ stop(): Promise<void> }> {
  const loops = [
    await makeCalls(deps, createFetch(deps), { ...AT_ONCE, gapsMs: gaps.fetchMs }),
    await makeCalls(deps, createNotify(deps), { ...AT_ONCE, gapsMs: gaps.notifyMs }),
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
