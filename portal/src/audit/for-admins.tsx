import { useQuery } from '@tanstack/react-query';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { ShieldIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { membersQuery } from './entries/names.ts';

/** Stands for the log where somebody may not see it. */
export function ForAdmins() {
  const { workspaceId } = useWorkspace();
  const { data: members = [] } = useQuery(membersQuery(workspaceId));
  const admins = members.filter(({ role }) => role === 'admin').map(({ email }) => email);
  return (
    <Card>
      <EmptyState icon={<ShieldIcon size={20} />} title="Only admins see the audit log">
        {admins.length === 0 ? 'Ask an admin of this workspace' : `Ask ${orOf(admins)}`} to look something up
        or to make you an admin. You can still find out why a request was refused: press Explain a request.
      </EmptyState>
    </Card>
  );
}

const orOf = (people: readonly string[]): string =>
  new Intl.ListFormat('en', { type: 'disjunction' }).format(people.slice(0, 3));
