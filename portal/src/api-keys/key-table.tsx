import { useState } from 'react';
import type { Project } from '../shell/workspace/projects.ts';
import { IconButton } from '../ui/button/icon-button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, type Sort, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { MoreIcon, RefreshIcon, TrashIcon } from '../ui/icons/icons.tsx';
import { Menu } from '../ui/overlay/menu.tsx';
import styles from './api-keys.module.css';
import type { ApiKey } from './api-keys.ts';
import { stateOf } from './expiry.ts';

interface KeyTableProps {
  /** Undefined while they are fetched. */
  readonly keys: readonly ApiKey[] | undefined;
  /** All keys of the list that `keys` was picked from: who replaces whom. */
  readonly all: readonly ApiKey[];
  readonly projects: readonly Project[];
  /** Leaves out the column where all are of one project. */
  readonly hasProject: boolean;
  readonly onRotate: (key: ApiKey) => void;
  readonly onRevoke: (key: ApiKey) => void;
}

const SKELETON_ROWS = 4;

export function KeyTable({ keys, ...props }: KeyTableProps) {
  const [sort, setSort] = useState<Sort>({ column: 'created', isDescending: true });
  return (
    <Table
      label="API keys"
      columns={columnsOf(props)}
      rows={sorted(keys ?? [], sort)}
      rowKey={({ apikey_id }) => apikey_id}
      sort={sort}
      onSort={setSort}
      skeletonRows={keys === undefined ? SKELETON_ROWS : undefined}
    />
  );
}

function columnsOf(props: Omit<KeyTableProps, 'keys'>): Column<ApiKey>[] {
  const { all, projects, hasProject, onRotate, onRevoke } = props;
  const nameOf = (id: number) => projects.find(({ project_id }) => project_id === id)?.name ?? String(id);
  const columns: (Column<ApiKey> | undefined)[] = [
    {
      key: 'name',
      header: 'Name',
      isName: true,
      isSortable: true,
      cell: (key) => <KeyName apiKey={key} all={all} />,
    },
    { key: 'prefix', header: 'Key', cell: (key) => <KeyPrefix apiKey={key} /> },
    hasProject
      ? { key: 'project', header: 'Project', cell: ({ project_id }) => nameOf(project_id) }
      : undefined,
    {
      key: 'client_ref',
      header: 'client_ref',
      cell: ({ client_ref }) =>
        client_ref === undefined ? <None>None</None> : <code className={styles.reference}>{client_ref}</code>,
    },
    {
      key: 'created',
      header: 'Created',
      isSortable: true,
      cell: ({ created_at }) => <Instant value={created_at} />,
    },
    {
      key: 'used',
      header: 'Last used',
      isSortable: true,
      cell: ({ last_used_at: at }) => (at === undefined ? <None>Never</None> : <Instant value={at} />),
    },
    {
      key: 'expires',
      header: 'Expires',
      isSortable: true,
      cell: ({ expires_at: at }) => (at === undefined ? <None>Never</None> : <Instant value={at} />),
    },
    {
      key: 'actions',
      header: 'Actions',
      isActions: true,
      width: '48px',
      cell: (key) => (
        <KeyMenu
          apiKey={key}
          isRotatable={stateOf(key, Date.now()) !== 'ended' && successorOf(key, all) === undefined}
          onRotate={onRotate}
          onRevoke={onRevoke}
        />
      ),
    },
  ];
  return columns.filter((column) => column !== undefined);
}

const None = ({ children }: { readonly children: string }) => <span className={styles.none}>{children}</span>;

const Instant = ({ value }: { readonly value: string }) => (
  <span className={styles.instant}>
    <Time value={value} />
  </span>
);

const successorOf = (key: ApiKey, all: readonly ApiKey[]): ApiKey | undefined =>
  all.find(({ rotated_from }) => rotated_from === key.apikey_id);

function KeyName({ apiKey, all }: { readonly apiKey: ApiKey; readonly all: readonly ApiKey[] }) {
  const state = stateOf(apiKey, Date.now());
  const successor = successorOf(apiKey, all);
  const old = all.find(({ apikey_id }) => apikey_id === apiKey.rotated_from);
  return (
    <div className={styles.name}>
      <span>{apiKey.name}</span>
      {state === 'ended' ? <Badge>Expired</Badge> : null}
      {state === 'ending' && successor === undefined ? <Badge tone="warning">Expires soon</Badge> : null}
      {state !== 'ended' && successor !== undefined ? (
        <span className={styles.note}>Replaced by {shortOf(successor)}</span>
      ) : null}
      {apiKey.rotated_from === undefined ? null : (
        <span className={styles.note}>Replaces {old === undefined ? 'a revoked key' : shortOf(old)}</span>
      )}
    </div>
  );
}

const shortOf = ({ key_prefix, name }: ApiKey): string =>
  key_prefix === undefined ? name : `${key_prefix}…`;

function KeyPrefix({ apiKey: { key_prefix } }: { readonly apiKey: ApiKey }) {
  if (key_prefix === undefined) return <None>Taken over</None>;
  return <code className={styles.prefix}>{key_prefix}…</code>;
}

interface KeyMenuProps extends Pick<KeyTableProps, 'onRotate' | 'onRevoke'> {
  readonly apiKey: ApiKey;
  readonly isRotatable: boolean;
}

function KeyMenu({ apiKey, isRotatable, onRotate, onRevoke }: KeyMenuProps) {
  const rotate = {
    label: 'Rotate',
    icon: <RefreshIcon />,
    isDisabled: !isRotatable,
    onSelect: () => onRotate(apiKey),
  };
  const revoke = {
    label: 'Revoke',
    icon: <TrashIcon />,
    isDanger: true,
    onSelect: () => onRevoke(apiKey),
  };
  return (
    <Menu
      trigger={
        <IconButton
          label={`Actions for ${apiKey.name}, ${shortOf(apiKey)}`}
          icon={<MoreIcon />}
          size="small"
        />
      }
      groups={[{ actions: [rotate] }, { actions: [revoke] }]}
    />
  );
}

/** What is never to happen comes last, the latest first when descending. */
function sorted(keys: readonly ApiKey[], { column, isDescending }: Sort): ApiKey[] {
  const sortedBy = SORTED_BY[column] ?? SORTED_BY.created;
  const direction = isDescending ? -1 : 1;
  return keys.toSorted((one, other) => {
    const [a, b] = [sortedBy(one), sortedBy(other)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    return direction * a.localeCompare(b);
  });
}

const SORTED_BY: Record<string, (key: ApiKey) => string | undefined> & {
  readonly created: (key: ApiKey) => string;
} = {
  name: ({ name }) => name,
  created: ({ created_at }) => created_at,
  used: ({ last_used_at }) => last_used_at,
  expires: ({ expires_at }) => expires_at,
};
