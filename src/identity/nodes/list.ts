import { sql as raw } from 'kysely';
import type { Sql } from '../../db/database.ts';
import { servedEnvironments } from './served.ts';

/** A process that serves environments. */
export interface ListedNode {
  readonly nodeId: string;
  readonly environments: readonly string[];
  readonly roles: readonly string[];
  readonly startedAt: Date;
  /** Its lease holds: it has been heard of within the last seconds. */
  readonly isLive: boolean;
  /** Every change up to this one it has applied. */
  readonly appliedVersion: number;
}

export interface NodeList {
  /** All nodes that did not leave in an orderly way, and the number of the last change. */
  read(): Promise<{ readonly version: number; readonly nodes: readonly ListedNode[] }>;
}

export const createNodeList = ({ sql }: { sql: Sql }): NodeList => ({
  async read() {
    const { version } = await sql.selectFrom('identity_head').select('version').executeTakeFirstOrThrow();
    const nodes = await sql
      .selectFrom('nodes as n')
      .select(['node_id as nodeId', 'roles', 'started_at as startedAt'])
      .select(servedEnvironments.as('environments'))
      .select('applied_version as appliedVersion')
      .select(raw<boolean>`lease_until > now()`.as('isLive'))
      .orderBy('started_at')
      .orderBy('node_id')
      .execute();
    return { version, nodes };
  },
});
