import { useQuery } from '@tanstack/react-query';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { StatusBadge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import styles from './api-keys.module.css';
import { type Receipt, receiptQuery } from './api-keys.ts';

interface ReceiptViewProps {
  readonly first: Receipt;
  /** How long a node without its database may go on accepting the key. */
  readonly keepServingHours: number;
}

type Environment = Receipt['environments'][number];
type Node = Environment['nodes'][number];

const COLUMNS: readonly Column<Environment>[] = [
  { key: 'environment', header: 'Environment', isName: true, cell: ({ environment }) => environment },
  { key: 'state', header: 'State', cell: (row) => <EnvironmentState environment={row} /> },
  {
    key: 'nodes',
    header: 'Nodes',
    cell: ({ nodes }) => (
      <ul className={styles.nodes}>
        {nodes.map((node) => (
          <li key={node.node_id}>
            <code>{node.node_id}</code> {node.state}
          </li>
        ))}
      </ul>
    ),
  },
];

/** Which environments and nodes have taken up a revocation, until all have. */
export function ReceiptView({ first, keepServingHours }: ReceiptViewProps) {
  const { workspaceId } = useWorkspace();
  const { data: receipt, error, refetch, isFetching } = useQuery(receiptQuery(workspaceId, first));
  return (
    <>
      <div role="status">
        <Notice tone={receipt.complete ? 'success' : 'info'}>
          <p>{sentence(receipt, keepServingHours)}</p>
        </Notice>
      </div>
      {error === null || receipt.complete ? null : (
        <ErrorState
          title="The key is revoked, but what the nodes say cannot be read"
          error={error}
          onRetry={() => void refetch()}
          isRetrying={isFetching}
        />
      )}
      <div className={styles.receipt}>
        <Table
          label="Environments and their nodes"
          columns={COLUMNS}
          rows={receipt.environments}
          rowKey={({ environment }) => environment}
        />
      </div>
    </>
  );
}

function EnvironmentState({ environment: { complete, nodes } }: { readonly environment: Environment }) {
  if (!complete) {
    return (
      <StatusBadge tone="warning" isActive>
        Waiting
      </StatusBadge>
    );
  }
  const isSilent = nodes.every(({ state }) => state === 'silent');
  return (
    <StatusBadge tone={isSilent ? 'neutral' : 'success'}>{isSilent ? 'Silent' : 'Acknowledged'}</StatusBadge>
  );
}

function sentence(receipt: Receipt, keepServingHours: number): string {
  const nodes = [...nodesOf(receipt).values()];
  const count = (state: Node['state']) => nodes.filter((node) => node.state === state).length;
  if (!receipt.complete) {
    return `Waiting for ${count('waiting')} of ${nodesWord(nodes.length)}. Each takes up the revocation within seconds; a node that stays silent is cut off.`;
  }
  if (count('silent') === 0) {
    return 'Done. Every node has acknowledged: no request sent from now on is accepted with this key.';
  }
  const silent = nodesWord(count('silent'));
  if (keepServingHours > 0) {
    return `Done on every node that can be reached. Not heard of: ${silent}. Without its database, such a node may accept this key for up to ${keepServingHours} hours, as you chose when you made it.`;
  }
  return `Done. Not heard of: ${silent}. Such a node relies on nothing it remembers, so no request sent from now on is accepted with this key.`;
}

/** A node that serves several environments counts once. */
const nodesOf = ({ environments }: Receipt): Map<string, Node> =>
  new Map(environments.flatMap(({ nodes }) => nodes).map((node) => [node.node_id, node]));

const nodesWord = (count: number): string => (count === 1 ? '1 node' : `${count} nodes`);
