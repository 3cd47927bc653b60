import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { apiKeysQuery } from '../api-keys/api-keys.ts';
import type { Project } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { IconButton } from '../ui/button/icon-button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { EditIcon, MoreIcon, TrashIcon } from '../ui/icons/icons.tsx';
import { VisuallyHidden } from '../ui/layout/visually-hidden.tsx';
import { Menu } from '../ui/overlay/menu.tsx';
import { DefaultProjectDialog, DeleteProjectDialog } from './delete-project-dialog.tsx';
import { countByProject } from './key-counts.ts';
import styles from './projects.module.css';
import { RenameProjectDialog } from './rename-project-dialog.tsx';

type Open = { readonly dialog: 'rename' | 'delete'; readonly project: Project };

const COLUMNS: readonly Column<Project>[] = [
  { key: 'name', header: 'Name', width: '52%', isName: true, cell: (project) => <Name project={project} /> },
  { key: 'id', header: 'Project ID', width: '14%', cell: (project) => <code>{project.project_id}</code> },
  { key: 'keys', header: 'API keys', width: '14%', cell: (project) => <KeyCount project={project} /> },
  {
    key: 'created',
    header: 'Created',
    width: '14%',
    cell: (project) => <Time value={project.created_at} format="day" />,
  },
];

/** The projects of the workspace; grey rows while they are not there. */
export function ProjectsTable({ projects }: { readonly projects: readonly Project[] | undefined }) {
  const { isAdmin } = useWorkspace();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const actions: Column<Project> = {
    key: 'actions',
    header: 'Actions',
    isActions: true,
    width: '56px',
    cell: (project) => <ProjectMenu project={project} onOpen={(dialog) => setOpen({ dialog, project })} />,
  };
  return (
    <>
      <Table
        label="Projects"
        columns={isAdmin ? [...COLUMNS, actions] : COLUMNS}
        rows={projects ?? []}
        rowKey={(project) => String(project.project_id)}
        skeletonRows={projects === undefined ? 2 : undefined}
      />
      {open?.dialog === 'rename' ? (
        <RenameProjectDialog project={open.project} projects={projects ?? []} onClose={close} />
      ) : null}
      {open?.dialog === 'delete' && open.project.is_default ? <DefaultProjectDialog onClose={close} /> : null}
      {open?.dialog === 'delete' && !open.project.is_default ? (
        <DeleteProjectDialog project={open.project} onClose={close} />
      ) : null}
    </>
  );
}

function Name({ project }: { readonly project: Project }) {
  return (
    <div className={styles.head}>
      <div className={styles.name}>
        {project.name}
        {project.is_default ? <Badge>Default</Badge> : null}
      </div>
      {project.description === undefined ? null : <p className={styles.description}>{project.description}</p>}
    </div>
  );
}

/** Leads to the keys of the project. */
function KeyCount({ project }: { readonly project: Project }) {
  const { workspaceId } = useWorkspace();
  const keys = useQuery(apiKeysQuery(workspaceId));
  if (keys.isPending) return <Skeleton width={24} />;
  if (keys.isError) return <span>Not known</span>;
  const count = countByProject(keys.data).get(project.project_id) ?? 0;
  return (
    <Link
      to="/workspaces/$workspaceId/api-keys"
      params={{ workspaceId }}
      search={{ project: project.project_id }}
    >
      {count}
      <VisuallyHidden>
        {' '}
        {count === 1 ? 'key' : 'keys'} of {project.name}
      </VisuallyHidden>
    </Link>
  );
}

interface ProjectMenuProps {
  readonly project: Project;
  readonly onOpen: (dialog: Open['dialog']) => void;
}

function ProjectMenu({ project, onOpen }: ProjectMenuProps) {
  return (
    <Menu
      trigger={<IconButton label={`Actions for ${project.name}`} icon={<MoreIcon />} size="small" />}
      groups={[
        { actions: [{ label: 'Rename', icon: <EditIcon />, onSelect: () => onOpen('rename') }] },
        {
          actions: [
            { label: 'Delete', icon: <TrashIcon />, isDanger: true, onSelect: () => onOpen('delete') },
          ],
        },
      ]}
    />
  );
}
