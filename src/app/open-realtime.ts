import type { Decoder } from '../audio/decoder.ts';
import { systemClock } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Tracer } from '../base/span.ts';
import type { Config } from '../config/load.ts';
import type { Database } from '../db/database.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createPlaces } from '../realtime/places.ts';
import { createRealtime, type Realtime } from '../realtime/realtime.ts';
import { createLiveFilters } from '../transcripts/filters/live-filters.ts';
import { createSessionLedger } from '../usage/sessions/ledger.ts';
import type { Closers } from './closers.ts';
import type { Identity } from './open-identity.ts';
import { engineOf, type Recognition } from './roles/recognition.ts';

interface Parts {
  readonly config: Config;
  readonly log: Logger;
  readonly database: Database;
  readonly identity: Identity;
  readonly decoder: Decoder;
  readonly recognition: Recognition;
  readonly metrics: Metrics;
  readonly tracer?: Tracer;
}

/** Real-time sessions; who stops the server ends them before this is closed. */
export function openRealtime(
  { config, log, database, identity, decoder, recognition, metrics, tracer }: Parts,
  closers: Closers,
): Realtime {
  const { maxWorkspaceSessions, maxStreams, ...limits } = config.realtime;
  const ledger = createSessionLedger({
    sql: database.sql,
    clock: identity.node.clock,
    log,
    nodeId: identity.node.nodeId,
    maxWorkspaceSessions,
  });
  closers.add(() => ledger.stop());
  const filters = createLiveFilters();
  closers.add(() => filters.close());
  const places = createPlaces(maxStreams);
  metrics.watchStreams({ taken: places.taken, most: maxStreams });
  return createRealtime({
    decoder,
    engine: engineOf(recognition),
    filters,
    ledger,
    standing: identity.standing,
    places,
    events: metrics.sessions,
    ...(tracer && { tracer }),
    options: limits,
    clock: systemClock,
    log,
  });
}
