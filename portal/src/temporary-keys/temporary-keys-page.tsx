import { useNavigate, useSearch } from '@tanstack/react-router';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Tabs } from '../ui/layout/tabs.tsx';
import { CreateTab } from './create/create-tab.tsx';
import { InspectTab } from './inspect/inspect-tab.tsx';

export function TemporaryKeysPage() {
  const { tab = 'create' } = useSearch({ from: '/workspaces/$workspaceId/temporary-keys' });
  const navigate = useNavigate({ from: '/workspaces/$workspaceId/temporary-keys' });
  const show = (value: string) => {
    const next = value === 'inspect' ? 'inspect' : undefined;
    void navigate({ search: (before) => ({ ...before, tab: next }), replace: true, resetScroll: false });
  };
  return (
    <>
      <PageHeader
        title="Temporary Keys"
        description="A temporary key lets a browser or phone talk to Parley by itself, for a short time and within limits."
        actions={<ProjectSelect />}
      />
      <Tabs
        label="Temporary keys"
        value={tab}
        onValueChange={show}
        tabs={[
          { value: 'create', label: 'Create', content: <CreateTab /> },
          { value: 'inspect', label: 'Inspect', content: <InspectTab /> },
        ]}
      />
    </>
  );
}
