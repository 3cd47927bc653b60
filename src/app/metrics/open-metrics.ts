import type { Config } from '../../config/load.ts';
import type { Database } from '../../db/database.ts';
import { REFUSAL_REASONS } from '../../identity/audit/explain.ts';
import { BACKLOG_STATES, readBacklog } from '../../jobs/worker/backlog.ts';
import { createMetrics, type Metrics } from '../../metrics/metrics.ts';
import { SESSION_ENDS } from '../../realtime/deps.ts';
import type { Topology } from '../../regions/topology.ts';
import { listEnvironments, readControlLag } from '../../replication/environments.ts';
import { SPAN_FATES } from '../../tracing/fates.ts';
import type { Identity } from '../open-identity.ts';
import type { Recognition } from '../roles/recognition.ts';
import { VERSION } from '../version.ts';

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly identity: Identity;
  readonly topology: Topology;
  readonly recognition: Recognition;
}

/** The figures of this node, those of the parts that are open by now among them. */
export function openMetrics({ config, database, identity, topology, recognition }: Parts): Metrics {
  const metrics = createMetrics({
    version: VERSION,
    refusalReasons: REFUSAL_REASONS,
    sessionEnds: SESSION_ENDS,
    spanFates: SPAN_FATES,
  });
  const { node, keyCache } = identity;
  metrics.watchIdentity({
    keyCache: keyCache.figures,
    node: node.figures,
    isCurrent: node.isCurrent,
    roles: config.app.roles,
    liveNodes: node.liveNodes,
  });
  metrics.watchBacklog({
    environments: topology.environmentsOf('batch').filter(topology.serves),
    states: BACKLOG_STATES,
    read: () => readBacklog(database.sql),
  });
  metrics.watchReplication({
    environments: () => listEnvironments(database.sql),
    controlLagSeconds: () => readControlLag(database.sql),
  });
  if (recognition.engine) metrics.watchEngines(recognition.engine);
  return metrics;
}
