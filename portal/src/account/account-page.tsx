import { Layout } from '../shell/layout.tsx';
import { SignedIn, useSignedIn } from '../shell/session/signed-in.tsx';
import { preferredWorkspace } from '../shell/workspace/use-workspace.ts';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { DeleteAccountCard } from './delete-account-card.tsx';
import { DevicesCard } from './devices-card.tsx';
import { PasswordCard } from './password-card.tsx';
import { ProfileCard } from './profile-card.tsx';

export function AccountPage() {
  return (
    <SignedIn>
      <Account />
    </SignedIn>
  );
}

function Account() {
  const { account, workspaces } = useSignedIn();
  return (
    <Layout workspaceId={preferredWorkspace(workspaces)?.workspace_id}>
      <PageHeader title="Account" description="How you sign in, and what others see of you." />
      <Stack gap={5}>
        <ProfileCard account={account} />
        {account.has_password ? <PasswordCard account={account} /> : null}
        <DevicesCard />
        <DeleteAccountCard account={account} />
      </Stack>
    </Layout>
  );
}
