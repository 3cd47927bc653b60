import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { type Receipt, receiptQuery } from '../api-keys/api-keys.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { StatusBadge } from '../ui/data/badge.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import styles from './projects.module.css';

type Environment = Receipt['environments'][number];
type NodeState = Environment['nodes'][number]['state'];

const STATES: Readonly<Record<NodeState, string>> = {
  acknowledged: 'has applied it',
  silent: 'is cut off and uses nothing it remembers',
  waiting: 'has not answered yet',
};

interface ReceiptDialogProps {
  readonly title: string;
  /** As the change was answered. */
  readonly receipt: Receipt;
  readonly onClose: () => void;
  /** What it means that an environment is done. */
  readonly children: ReactNode;
}

/** Shows which environments have applied a change, until all have. */
export function ReceiptDialog({ title, receipt: first, onClose, children }: ReceiptDialogProps) {
  const { workspaceId } = useWorkspace();
  const { data: receipt, error, refetch, isFetching } = useQuery(receiptQuery(workspaceId, first));
  const done = receipt.environments.filter((each) => each.complete).length;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={title}
      footer={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <p>{children}</p>
      <p role="status">
        {receipt.complete
          ? 'Done in all environments.'
          : `Done in ${done} of ${receipt.environments.length} environments.`}
      </p>
      <ul className={styles.environments}>
        {receipt.environments.map((environment) => (
          <EnvironmentItem key={environment.environment} environment={environment} />
        ))}
      </ul>
      {error === null || receipt.complete ? null : (
        <ErrorState
          title="What the nodes say cannot be read"
          error={error}
          onRetry={() => refetch()}
          isRetrying={isFetching}
        />
      )}
    </Dialog>
  );
}

function EnvironmentItem({ environment }: { readonly environment: Environment }) {
  return (
    <li className={styles.environment}>
      <div className={styles.environmentHead}>
        {environment.environment}
        <StatusBadge tone={environment.complete ? 'success' : 'warning'} isActive={!environment.complete}>
          {environment.complete ? 'Done' : 'Waiting'}
        </StatusBadge>
      </div>
      <ul className={styles.nodes}>
        {environment.nodes.map((node) => (
          <li key={node.node_id} className={styles.node}>
            <code>{node.node_id}</code>
            <span>{STATES[node.state]}</span>
          </li>
        ))}
      </ul>
    </li>
  );
}
