import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { ConfirmDialog } from '../ui/overlay/confirm-dialog.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './management-tokens.module.css';
import { type ManagementToken, managementTokensQuery } from './management-tokens.ts';

const COLUMNS: readonly Column<ManagementToken>[] = [
  {
    key: 'name',
    header: 'Name',
    width: '26%',
    isName: true,
    cell: (token) => <div className={styles.name}>{token.name}</div>,
  },
  { key: 'token', header: 'Token', width: '14%', cell: (token) => <Prefix token={token} /> },
  { key: 'permissions', header: 'Permissions', width: '36%', cell: (token) => <Permissions token={token} /> },
  {
    key: 'created',
    header: 'Created',
    width: '14%',
    cell: (token) => <Time value={token.created_at} format="day" />,
  },
];

/** The management tokens of the workspace; grey rows while they are not there. */
export function TokensTable({ tokens }: { readonly tokens: readonly ManagementToken[] | undefined }) {
  const [revoking, setRevoking] = useState<ManagementToken>();
  const revoke: Column<ManagementToken> = {
    key: 'actions',
    header: 'Actions',
    isActions: true,
    cell: (token) => (
      <Button
        variant="quiet"
        size="small"
        aria-label={`Revoke ${token.name}`}
        onClick={() => setRevoking(token)}
      >
        Revoke
      </Button>
    ),
  };
  return (
    <>
      <Table
        label="Management tokens"
        columns={[...COLUMNS, revoke]}
        rows={tokens ?? []}
        rowKey={(token) => token.token_id}
        skeletonRows={tokens === undefined ? 2 : undefined}
      />
      {revoking === undefined ? null : (
        <RevokeTokenDialog token={revoking} onClose={() => setRevoking(undefined)} />
      )}
    </>
  );
}

/** The first characters; a token of an earlier version does not have them. */
function Prefix({ token }: { readonly token: ManagementToken }) {
  if (token.token_prefix === undefined) return <span className={styles.muted}>Not kept</span>;
  return <code>{token.token_prefix}…</code>;
}

function Permissions({ token }: { readonly token: ManagementToken }) {
  return (
    <ul className={styles.permissions}>
      {token.permissions.map((permission) => (
        <li key={permission}>
          <Badge>{permission}</Badge>
        </li>
      ))}
    </ul>
  );
}

interface RevokeTokenDialogProps {
  readonly token: ManagementToken;
  readonly onClose: () => void;
}

function RevokeTokenDialog({ token, onClose }: RevokeTokenDialogProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      answerOf(
        api.DELETE('/portal/api/workspaces/{workspace_id}/management-tokens/{token_id}', {
          params: { path: { workspace_id: workspaceId, token_id: token.token_id } },
        }),
      ),
    onSuccess: () => {
      toast.done('Management token revoked.');
      onClose();
    },
    // What failed may be that another admin revoked it meanwhile.
    onSettled: () => client.invalidateQueries({ queryKey: managementTokensQuery(workspaceId).queryKey }),
  });
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title={`Revoke ${token.name}?`}
      confirmLabel="Revoke token"
      onConfirm={() => revoke.mutate()}
      isBusy={revoke.isPending}
      error={revoke.error?.message}
    >
      <p>
        The program that uses it is refused from then on. API keys that it created go on working. This cannot
        be undone.
      </p>
    </ConfirmDialog>
  );
}
