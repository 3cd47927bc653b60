import { createHash } from 'node:crypto';
import { sql as raw } from 'kysely';
import { sleep } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Sql } from '../../db/database.ts';
import { AppError } from '../../errors/app-error.ts';
import { deleteApiKeys } from '../api-keys/delete.ts';
import type { Change } from '../audit/change.ts';
import { type Actor, SYSTEM } from '../audit/event.ts';
import { regionsOf } from './project.ts';

/** An end user of a project. */
export interface ClientRefTarget {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly clientRef: string;
}

/** What the owner of a project can do about one of its end users. Both return the version that nodes must apply. */
export interface ClientRefs {
  /** Temporary keys minted so far for the end user are over; those minted once this has resolved are not. */
  end(actor: Actor, target: ClientRefTarget): Promise<number>;
  /** `end`, and API keys bound to the end user are gone, and its data is put down for erasure. */
  erase(actor: Actor, target: ClientRefTarget): Promise<number>;
  /** Forgets the names of end users that were ended so long ago that nothing of theirs can still be under way. */
  forgetEnded(): Promise<void>;
}

interface Deps {
  readonly change: Change;
  readonly clock: Clock;
}

/** Nodes know the database's time about this well; the next key may be minted by the one that is behind. */
const CLOCKS_APART_MS = 50;

/** Those it was asked for in before, where it may not be done yet, and those of now. */
const REGIONS_OF_BOTH = raw<
  string[]
>`array(select unnest(erasures.regions) union select unnest(excluded.regions))`;

export function createClientRefs({ change, clock }: Deps): ClientRefs {
  /** Keys say in whole seconds when they were minted, so one minted in the second of the end is over too. */
  async function secondToPass(endedAt: Date): Promise<void> {
    const untilMs = Math.ceil((endedAt.getTime() + 1) / 1_000) * 1_000 + CLOCKS_APART_MS;
    // Timers may fire early.
    for (let leftMs = untilMs - clock.now(); leftMs > 0; leftMs = untilMs - clock.now()) await sleep(leftMs);
  }

  return {
    async end(actor, target) {
      const { value: endedAt, version } = await change(actor, async (tx, record) => {
        const at = await endTemporaryKeys(tx, target);
        await record({ action: 'client_ref.ended', ...subject(target) });
        return at;
      });
      await secondToPass(endedAt);
      return version;
    },
    async erase(actor, target) {
      const { value: endedAt, version } = await change(actor, async (tx, record) => {
        const { projectId, clientRef } = target;
        const at = await endTemporaryKeys(tx, target);
        await deleteApiKeys(tx, { projectId, clientRef });
        await tx
          .insertInto('erasures')
          .values({ project_id: projectId, client_ref: clientRef, regions: regionsOf(projectId) })
          // Data may have come since it was asked for before.
          .onConflict((conflict) =>
            conflict
              .columns(['project_id', 'client_ref'])
              .doUpdateSet({ requested_at: raw<Date>`now()`, regions: REGIONS_OF_BOTH }),
          )
          .execute();
        await record({ action: 'client_ref.erased', ...subject(target) });
        return at;
      });
      await secondToPass(endedAt);
      return version;
    },
    async forgetEnded() {
      await change(SYSTEM, (tx) =>
        tx
          .deleteFrom('client_ref_cutoffs')
          .where('not_before', '<', raw<Date>`now() - interval '3 days'`)
          .execute(),
      );
    },
  };
}

/** Returns the instant of the end. */
async function endTemporaryKeys(
  tx: Sql,
  { workspaceId, projectId, clientRef }: ClientRefTarget,
): Promise<Date> {
  // Locked, so that a job which is being accepted is there before the end or meets it.
  const project = await tx
    .selectFrom('projects')
    .select('project_id')
    .where('project_id', '=', projectId)
    .where('workspace_id', '=', workspaceId)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!project) throw new AppError('not_found', { detail: 'project not found' });
  const not_before = raw<Date>`clock_timestamp()`;
  const cutoff = await tx
    .insertInto('client_ref_cutoffs')
    .values({ project_id: projectId, client_ref: clientRef, not_before, regions: regionsOf(projectId) })
    .onConflict((conflict) => conflict.columns(['project_id', 'client_ref']).doUpdateSet({ not_before }))
    .returning('not_before')
    .executeTakeFirstOrThrow();
  return cutoff.not_before;
}

/** The log is kept longer than the end user's data, so it names the end user by a hash. */
function subject({ workspaceId, projectId, clientRef }: ClientRefTarget) {
  const sha256 = createHash('sha256').update(clientRef).digest('hex');
  return { target: String(projectId), workspaceId, details: { client_ref_sha256: sha256 } };
}
