import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import * as icons from '../../ui/icons/icons.tsx';
import styles from './navigation.module.css';

interface NavigationProps {
  readonly workspaceId: string;
  readonly onNavigate?: () => void;
}

const GROUPS = [
  {
    label: 'Transcribe',
    links: [
      { to: '/workspaces/$workspaceId/jobs', label: 'Jobs', Icon: icons.FileIcon },
      { to: '/workspaces/$workspaceId/live', label: 'Live', Icon: icons.MicrophoneIcon },
    ],
  },
  {
    label: 'Manage',
    links: [
      { to: '/workspaces/$workspaceId/api-keys', label: 'API Keys', Icon: icons.KeyIcon },
      { to: '/workspaces/$workspaceId/temporary-keys', label: 'Temporary Keys', Icon: icons.ClockIcon },
      { to: '/workspaces/$workspaceId/projects', label: 'Projects', Icon: icons.FolderIcon },
      { to: '/workspaces/$workspaceId/members', label: 'Members', Icon: icons.PeopleIcon },
      {
        to: '/workspaces/$workspaceId/management-tokens',
        label: 'Management Tokens',
        Icon: icons.ShieldIcon,
      },
    ],
  },
  {
    label: 'Observe',
    links: [
      { to: '/workspaces/$workspaceId/usage', label: 'Usage', Icon: icons.ChartIcon },
      { to: '/workspaces/$workspaceId/environments', label: 'Environments', Icon: icons.ServerIcon },
      { to: '/workspaces/$workspaceId/audit', label: 'Audit Log', Icon: icons.ListIcon },
    ],
  },
] as const;

/** Links to the pages of a workspace. They keep the chosen project. */
export function Navigation({ workspaceId, onNavigate }: NavigationProps) {
  const link = (to: (typeof GROUPS)[number]['links'][number]['to'], label: string, icon: ReactNode) => (
    <li key={to}>
      <Link
        to={to}
        params={{ workspaceId }}
        search={({ project }) => ({ project })}
        className={styles.link}
        onClick={onNavigate}
        activeOptions={{ includeSearch: false }}
      >
        {icon}
        {label}
      </Link>
    </li>
  );
  const single = { params: { workspaceId }, className: styles.link, onClick: onNavigate };
  return (
    <nav aria-label="Workspace" className={styles.navigation}>
      <ul className={styles.list}>
        <li>
          <Link
            to="/workspaces/$workspaceId"
            {...single}
            activeOptions={{ exact: true, includeSearch: false }}
          >
            <icons.HomeIcon />
            Start
          </Link>
        </li>
      </ul>
      {GROUPS.map((group) => (
        <section key={group.label} aria-label={group.label}>
          <p className={styles.label} aria-hidden="true">
            {group.label}
          </p>
          <ul className={styles.list}>
            {group.links.map(({ to, label, Icon }) => link(to, label, <Icon />))}
          </ul>
        </section>
      ))}
      <ul className={styles.list}>
        <li>
          <Link to="/workspaces/$workspaceId/settings" {...single} activeOptions={{ includeSearch: false }}>
            <icons.SettingsIcon />
            Settings
          </Link>
        </li>
      </ul>
    </nav>
  );
}
