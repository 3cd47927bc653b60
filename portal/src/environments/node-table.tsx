import { StatusBadge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import styles from './environments.module.css';
import type { EnvironmentNode } from './environments-query.ts';

interface NodeTableProps {
  readonly environment: string;
  /** Undefined while they are being fetched. */
  readonly nodes: readonly EnvironmentNode[] | undefined;
  readonly version: number;
}

/** The processes that serve an environment, and how far each has come with the changes of keys. */
export function NodeTable({ environment, nodes, version }: NodeTableProps) {
  if (nodes?.length === 0) {
    return (
      <p className={styles.noNodes}>No node serves this environment: requests to it are not answered.</p>
    );
  }
  return (
    <div className={styles.nodes}>
      <Table
        label={`Nodes of ${environment}`}
        columns={columnsOf(version)}
        rows={nodes ?? []}
        rowKey={(node) => node.node_id}
        skeletonRows={nodes === undefined ? 1 : undefined}
      />
    </div>
  );
}

const columnsOf = (version: number): readonly Column<EnvironmentNode>[] => [
  { key: 'node', header: 'Node', isName: true, width: '30%', cell: (node) => <code>{node.node_id}</code> },
  { key: 'roles', header: 'Roles', width: '24%', cell: (node) => node.roles.join(', ') },
  { key: 'started', header: 'Started', width: '16%', cell: (node) => <Time value={node.started_at} /> },
  {
    key: 'state',
    header: 'State',
    width: '12%',
    cell: (node) =>
      node.is_live ? (
        <StatusBadge tone="success">Live</StatusBadge>
      ) : (
        <StatusBadge tone="warning">Silent</StatusBadge>
      ),
  },
  {
    key: 'changes',
    header: 'Changes of keys',
    width: '18%',
    cell: (node) => changesBehind(version - node.applied_version),
  },
];

/** A node that has not applied a change yet may still accept a key that was revoked, until its lease ends. */
function changesBehind(count: number): string {
  if (count <= 0) return 'All applied';
  return count === 1 ? '1 behind' : `${new Intl.NumberFormat('en').format(count)} behind`;
}
