/** What a node may do, as the `nodes` table spells it. */
export const NODE_ROLES = ['api', 'realtime', 'worker', 'control'] as const;

/**
 * `api` answers the Jobs API, `realtime` holds real-time sessions, `worker` runs what was queued, `control` manages: keys,
 * projects, minting, the operator's API, the portal.
 */
export type NodeRole = (typeof NODE_ROLES)[number];
