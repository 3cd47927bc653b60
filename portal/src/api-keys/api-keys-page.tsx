import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { ApiKeyCode } from '../samples/api-key-code.tsx';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { projectsQuery, useProjectFilter } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { SearchInput } from '../ui/field/search-input.tsx';
import { KeyIcon, PlusIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import styles from './api-keys.module.css';
import { type ApiKey, apiKeysQuery } from './api-keys.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { KeyTable } from './key-table.tsx';
import { RevokeKeyDialog } from './revoke-key-dialog.tsx';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';

type Open = { readonly dialog: 'rotate' | 'revoke'; readonly key: ApiKey };

/** From so many keys on there is a search field. */
const MANY_KEYS = 8;

export function ApiKeysPage() {
  const [isCreating, setIsCreating] = useCreating();
  const [open, setOpen] = useState<Open>();
  const createButton = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(undefined);
    // The row of a revoked key has gone, and with it what had the focus before.
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) createButton.current?.focus();
    });
  };
  const create = (
    <Button ref={createButton} variant="primary" icon={<PlusIcon />} onClick={() => setIsCreating(true)}>
      Create API key
    </Button>
  );
  return (
    <>
      <PageHeader
        title="API Keys"
        description="An API key opens one project to a program on your servers. A browser or phone gets a temporary key instead."
        actions={
          <>
            <ProjectSelect hasAll />
            {create}
          </>
        }
      />
      <Stack gap={5}>
        <KeyList onOpen={setOpen} />
        <Card title="Use an API key" description="Put your key where it says YOUR_API_KEY.">
          <ApiKeyCode />
        </Card>
      </Stack>
      {isCreating ? <CreateKeyDialog onClose={() => setIsCreating(false)} /> : null}
      {open?.dialog === 'rotate' ? <RotateKeyDialog apiKey={open.key} onClose={close} /> : null}
      {open?.dialog === 'revoke' ? <RevokeKeyDialog apiKey={open.key} onClose={close} /> : null}
    </>
  );
}

/** Whether the dialog for a new key is open is in the address, so that other pages can lead to it. */
function useCreating(): [boolean, (isCreating: boolean) => void] {
  const { new: isNew } = useSearch({ from: '/workspaces/$workspaceId/api-keys' });
  const navigate = useNavigate({ from: '/workspaces/$workspaceId/api-keys' });
  const set = (isCreating: boolean) => {
    const search = isCreating ? ({ new: 'yes' } as const) : { new: undefined };
    void navigate({ search: (before) => ({ ...before, ...search }), replace: true, resetScroll: false });
  };
  return [isNew === 'yes', set];
}

function KeyList({ onOpen }: { readonly onOpen: (open: Open) => void }) {
  const { workspaceId } = useWorkspace();
  const project = useProjectFilter();
  const [sought, setSought] = useState('');
  const { data: keys, error, refetch, isFetching } = useQuery(apiKeysQuery(workspaceId, project));
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  if (error !== null && keys === undefined) {
    return (
      <Card>
        <ErrorState error={error} onRetry={() => void refetch()} isRetrying={isFetching} />
      </Card>
    );
  }
  if (keys?.length === 0) return <NoKeys isOneProject={project !== undefined} />;
  const found = keys?.filter((key) => isSought(key, sought));
  return (
    <Card isFlush>
      {keys !== undefined && keys.length >= MANY_KEYS ? (
        <div className={styles.search}>
          <SearchInput label="Search API keys" value={sought} onValueChange={setSought} />
        </div>
      ) : null}
      {found?.length === 0 ? (
        <EmptyState title="No key has this name, prefix or client_ref" />
      ) : (
        <KeyTable
          keys={found}
          all={keys ?? []}
          projects={projects}
          hasProject={project === undefined}
          onRotate={(key) => onOpen({ dialog: 'rotate', key })}
          onRevoke={(key) => onOpen({ dialog: 'revoke', key })}
        />
      )}
    </Card>
  );
}

const NoKeys = ({ isOneProject }: { readonly isOneProject: boolean }) => (
  <Card>
    <EmptyState
      icon={<KeyIcon size={20} />}
      title={isOneProject ? 'No API keys in this project' : 'No API keys yet'}
    >
      Create one for each program that sends recordings, under a name that tells it apart.
    </EmptyState>
  </Card>
);

function isSought({ name, key_prefix = '', client_ref = '' }: ApiKey, text: string): boolean {
  const needle = text.trim().toLowerCase();
  return [name, key_prefix, client_ref].some((field) => field.toLowerCase().includes(needle));
}
