import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { downloadCsv } from '../csv.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { IconButton } from '../ui/button/icon-button.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { DownloadIcon, ListIcon, RefreshIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { VisuallyHidden } from '../ui/layout/visually-hidden.tsx';
import styles from './audit.module.css';
import { AuditFilters } from './audit-filters.tsx';
import { type AuditFilter, auditQuery } from './audit-query.ts';
import { auditCsv } from './entries/audit-csv.ts';
import { EntryList, EntryListSkeleton } from './entries/entry-list.tsx';
import { MoreEntries } from './entries/more-entries.tsx';
import { useNames } from './entries/names.ts';
import { isAuditAction } from './entries/sentences.ts';
import { ForAdmins } from './for-admins.tsx';

const FROM = '/workspaces/$workspaceId/audit';

/** The entries of the workspace, the newest first, with what narrows them. */
export function AuditLog() {
  const { workspaceId } = useWorkspace();
  const { action: asked, search } = useSearch({ from: FROM });
  const filter = { action: isAuditAction(asked) ? asked : undefined, search };
  const navigate = useNavigate({ from: FROM });
  const narrow = (change: Partial<AuditFilter>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const log = useInfiniteQuery(auditQuery(workspaceId, filter));
  const entries = log.data?.pages.flat() ?? [];
  const names = useNames(workspaceId, entries);
  const isFiltered = filter.action !== undefined || search !== undefined;
  // Somebody made a member of an admin while the page was open.
  if (log.error?.status === 403) return <ForAdmins />;
  return (
    <Card>
      <div className={styles.head}>
        <AuditFilters {...filter} onChange={narrow} />
        <div className={styles.headActions}>
          <IconButton label="Refresh" icon={<RefreshIcon />} onClick={() => void log.refetch()} />
          <Button
            icon={<DownloadIcon />}
            disabled={entries.length === 0}
            onClick={() => downloadCsv(`audit-log-${workspaceId}.csv`, auditCsv(entries, names))}
          >
            Export CSV
          </Button>
        </div>
      </div>
      <VisuallyHidden role="status">{log.isFetching ? '' : shownWords(entries.length)}</VisuallyHidden>
      {log.isPending ? <EntryListSkeleton /> : null}
      {log.error && entries.length === 0 ? (
        <ErrorState error={log.error} onRetry={() => log.refetch()} isRetrying={log.isFetching} />
      ) : null}
      {log.data !== undefined && entries.length === 0 ? (
        <NoEntries
          isFiltered={isFiltered}
          onShowAll={() => narrow({ action: undefined, search: undefined })}
        />
      ) : null}
      <div aria-busy={log.isPlaceholderData} className={styles.entries} data-is-old={log.isPlaceholderData}>
        <EntryList entries={entries} names={names} />
      </div>
      <MoreEntries log={log} count={entries.length} isFiltered={isFiltered} />
    </Card>
  );
}

const shownWords = (count: number): string =>
  count === 1 ? '1 entry is shown.' : `${new Intl.NumberFormat('en').format(count)} entries are shown.`;

interface NoEntriesProps {
  readonly isFiltered: boolean;
  readonly onShowAll: () => void;
}

function NoEntries({ isFiltered, onShowAll }: NoEntriesProps) {
  if (!isFiltered) {
    return (
      <EmptyState icon={<ListIcon size={20} />} title="Nothing has happened yet">
        Each change to keys, projects, members and tokens is written down here.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<ListIcon size={20} />}
      title="No entry matches"
      action={<Button onClick={onShowAll}>Show all entries</Button>}
    >
      The search looks for the text in who did it, in the ids, and in the details of each entry.
    </EmptyState>
  );
}
