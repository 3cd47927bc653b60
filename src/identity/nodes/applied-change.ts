import { waitAtMost } from '../../base/abort.ts';
import type { Change } from '../audit/change.ts';
import type { Node } from './node.ts';

/** News of a change takes milliseconds; a node that is cut off from them does not hold up who made it. */
const APPLY_MS = 1_000;

/**
 * Changes that this node has applied once they resolve: whoever is told that a key is revoked finds it revoked here. What
 * other nodes have applied a receipt tells.
 */
export const appliedHere =
  (change: Change, node: Pick<Node, 'refresh'>): Change =>
  async (actor, work) => {
    const changed = await change(actor, work);
    await waitAtMost(
      APPLY_MS,
      node.refresh().catch(() => {}),
    );
    return changed;
  };
