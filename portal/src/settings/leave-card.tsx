import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FormProblem } from '../form/form-problem.tsx';
import { LeaveDialog } from '../members/leave-dialog.tsx';
import { membersQuery } from '../members/members.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { SignOutIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';

/** The way out, which depends on who else is there. */
export function LeaveCard() {
  const { workspaceId } = useWorkspace();
  const members = useQuery(membersQuery(workspaceId));
  const [isLeaving, setIsLeaving] = useState(false);
  return (
    <>
      <Card
        title="Leave the workspace"
        description="The workspace stays, with its API keys and jobs. To come back you need an invitation."
        actions={
          <Button
            icon={<SignOutIcon />}
            disabled={members.data === undefined}
            onClick={() => setIsLeaving(true)}
          >
            Leave workspace
          </Button>
        }
      >
        {members.isError ? <FormProblem problem={members.error} /> : undefined}
      </Card>
      {isLeaving ? <LeaveDialog members={members.data ?? []} onClose={() => setIsLeaving(false)} /> : null}
    </>
  );
}
