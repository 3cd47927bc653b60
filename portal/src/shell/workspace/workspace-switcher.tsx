import { useNavigate } from '@tanstack/react-router';
import { ChevronsIcon } from '../../ui/icons/icons.tsx';
import { VisuallyHidden } from '../../ui/layout/visually-hidden.tsx';
import { Menu } from '../../ui/overlay/menu.tsx';
import styles from '../layout.module.css';
import { useSignedIn } from '../session/signed-in.tsx';

interface WorkspaceSwitcherProps {
  readonly workspaceId: string;
  readonly onNavigate?: () => void;
}

/** The name of the workspace, and the way to the others. */
export function WorkspaceSwitcher({ workspaceId, onNavigate }: WorkspaceSwitcherProps) {
  const { workspaces } = useSignedIn();
  const navigate = useNavigate();
  const current = workspaces.find((each) => each.workspace_id === workspaceId);
  const open = (next: string) => {
    onNavigate?.();
    void navigate({ to: '/workspaces/$workspaceId', params: { workspaceId: next } });
  };
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className={styles.switcher}>
          <VisuallyHidden>Workspace: </VisuallyHidden>
          <span className={styles.initial} data-initial={current?.name.trim().charAt(0).toUpperCase()} />
          <span className={styles.switcherName}>{current?.name}</span>
          <ChevronsIcon />
        </button>
      }
      groups={[
        {
          label: 'Workspaces',
          actions: workspaces.map((each) => ({
            label: each.name,
            isChecked: each.workspace_id === workspaceId,
            onSelect: () => open(each.workspace_id),
          })),
        },
      ]}
    />
  );
}
