import { Dialog } from '@base-ui/react/dialog';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { IconButton } from '../ui/button/icon-button.tsx';
import { CloseIcon, MenuIcon } from '../ui/icons/icons.tsx';
import { AccountMenu } from './account-menu.tsx';
import styles from './layout.module.css';
import { Mark } from './mark.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import { Navigation } from './workspace/navigation.tsx';
import { WorkspaceSwitcher } from './workspace/workspace-switcher.tsx';

interface LayoutProps {
  /** The workspace whose pages the sidebar leads to. */
  readonly workspaceId: string | undefined;
  readonly children: ReactNode;
}

/** The frame of every page behind sign-in: the sidebar, on a phone a menu, and the page. */
export function Layout({ workspaceId, children }: LayoutProps) {
  return (
    <div className={styles.layout}>
      <SkipLink />
      <header className={styles.sidebar}>
        <Sidebar workspaceId={workspaceId} />
      </header>
      <header className={styles.topbar}>
        <Brand />
        <PhoneMenu workspaceId={workspaceId} />
      </header>
      <main id="main" tabIndex={-1} className={styles.main}>
        <div className={styles.page}>{children}</div>
      </main>
    </div>
  );
}

function SkipLink() {
  return (
    <a className={styles.skip} href="#main">
      Skip to content
    </a>
  );
}

function Brand() {
  return (
    <Link to="/" className={styles.brand}>
      <Mark />
      Parley
    </Link>
  );
}

interface SidebarProps {
  readonly workspaceId: string | undefined;
  readonly onNavigate?: () => void;
}

function Sidebar({ workspaceId, onNavigate }: SidebarProps) {
  const following = onNavigate === undefined ? {} : { onNavigate };
  return (
    <>
      <div className={styles.sidebarHead}>
        {onNavigate === undefined ? <Brand /> : null}
        {workspaceId === undefined ? null : <WorkspaceSwitcher workspaceId={workspaceId} {...following} />}
      </div>
      <div className={styles.sidebarBody}>
        {workspaceId === undefined ? null : <Navigation workspaceId={workspaceId} {...following} />}
      </div>
      <div className={styles.sidebarFoot}>
        <AccountMenu {...following} />
        <ThemeMenu />
      </div>
    </>
  );
}

function PhoneMenu({ workspaceId }: { readonly workspaceId: string | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
      <Dialog.Trigger render={<IconButton label="Menu" icon={<MenuIcon size={20} />} />} />
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.shade} />
        <Dialog.Popup className={styles.drawer}>
          <div className={styles.drawerHead}>
            <Dialog.Title className={styles.drawerTitle}>Menu</Dialog.Title>
            <Dialog.Close render={<IconButton label="Close menu" icon={<CloseIcon />} />} />
          </div>
          <Sidebar workspaceId={workspaceId} onNavigate={() => setIsOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
