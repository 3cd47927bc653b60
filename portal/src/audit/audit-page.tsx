import { useState } from 'react';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { SearchIcon, ShieldIcon } from '../ui/icons/icons.tsx';
import { PageHeader } from '../ui/layout/page-header.tsx';
import { AuditLog } from './audit-log.tsx';
import { ForAdmins } from './for-admins.tsx';
import { RequestDialog } from './request-dialog.tsx';
import { VerifyDialog } from './verify-dialog.tsx';

/** Who changed what in the workspace, and why requests were refused. */
export function AuditPage() {
  const { isAdmin } = useWorkspace();
  const [isVerifying, setIsVerifying] = useState(false);
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <PageHeader
        title="Audit Log"
        description="Who changed what in this workspace, and when. Entries cannot be changed or removed without being found out."
        actions={
          <>
            <Button icon={<SearchIcon />} onClick={() => setIsAsking(true)}>
              Explain a request
            </Button>
            {isAdmin ? (
              <Button icon={<ShieldIcon />} onClick={() => setIsVerifying(true)}>
                Verify the log
              </Button>
            ) : null}
          </>
        }
      />
      {isAdmin ? <AuditLog /> : <ForAdmins />}
      <VerifyDialog isOpen={isVerifying} onClose={() => setIsVerifying(false)} />
      <RequestDialog isAsked={isAsking} onClose={() => setIsAsking(false)} />
    </>
  );
}
