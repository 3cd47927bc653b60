import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { AppearanceCard } from './appearance-card.tsx';
import { InstallationCard } from './installation-card.tsx';
import { LeaveCard } from './leave-card.tsx';
import { TermsCard } from './terms-card.tsx';
import { WorkspaceCard } from './workspace-card.tsx';

export function SettingsPage() {
  return (
    <>
      <PageHeader title="Settings" description="This workspace, what it may use, and how the portal looks." />
      <Stack gap={5}>
        <WorkspaceCard />
        <TermsCard />
        <AppearanceCard />
        <InstallationCard />
        <LeaveCard />
      </Stack>
    </>
  );
}
