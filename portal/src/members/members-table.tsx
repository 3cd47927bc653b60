import { useState } from 'react';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { IconButton } from '../ui/button/icon-button.tsx';
import { Badge } from '../ui/data/badge.tsx';
import { type Column, Table } from '../ui/data/table.tsx';
import { Time } from '../ui/data/time.tsx';
import { EditIcon, MoreIcon, SignOutIcon, TrashIcon } from '../ui/icons/icons.tsx';
import { Row } from '../ui/layout/stack.tsx';
import { Menu } from '../ui/overlay/menu.tsx';
import { LeaveDialog } from './leave-dialog.tsx';
import styles from './members.module.css';
import { type Member, roleName } from './members.ts';
import { RemoveMemberDialog } from './remove-member-dialog.tsx';
import { RoleDialog } from './role-dialog.tsx';

type Open = { readonly dialog: 'role' | 'remove' | 'leave'; readonly member: Member };

const COLUMNS: readonly Column<Member>[] = [
  { key: 'name', header: 'Name', width: '32%', isName: true, cell: (member) => <Name member={member} /> },
  {
    key: 'email',
    header: 'Email',
    width: '34%',
    cell: (member) => <span className={styles.email}>{member.email}</span>,
  },
  {
    key: 'role',
    header: 'Role',
    width: '14%',
    cell: ({ role }) => <Badge tone={role === 'admin' ? 'accent' : 'neutral'}>{roleName(role)}</Badge>,
  },
  {
    key: 'joined',
    header: 'Joined',
    width: '14%',
    cell: (member) => <Time value={member.joined_at} format="day" />,
  },
];

/** The members of the workspace; grey rows while they are not there. */
export function MembersTable({ members }: { readonly members: readonly Member[] | undefined }) {
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const actions: Column<Member> = {
    key: 'actions',
    header: 'Actions',
    isActions: true,
    width: '56px',
    cell: (member) => <MemberMenu member={member} onOpen={(dialog) => setOpen({ dialog, member })} />,
  };
  return (
    <>
      <Table
        label="Members"
        columns={[...COLUMNS, actions]}
        rows={members ?? []}
        rowKey={(member) => member.account_id}
        skeletonRows={members === undefined ? 2 : undefined}
      />
      {open?.dialog === 'role' ? (
        <RoleDialog member={open.member} members={members ?? []} onClose={close} />
      ) : null}
      {open?.dialog === 'remove' ? (
        <RemoveMemberDialog member={open.member} members={members ?? []} onClose={close} />
      ) : null}
      {open?.dialog === 'leave' ? <LeaveDialog members={members ?? []} onClose={close} /> : null}
    </>
  );
}

function Name({ member }: { readonly member: Member }) {
  const { account } = useSignedIn();
  return (
    <Row>
      {member.name}
      {member.account_id === account.account_id ? <Badge>You</Badge> : null}
    </Row>
  );
}

interface MemberMenuProps {
  readonly member: Member;
  readonly onOpen: (dialog: Open['dialog']) => void;
}

/** An admin may change everybody; who is not may leave. */
function MemberMenu({ member, onOpen }: MemberMenuProps) {
  const { isAdmin } = useWorkspace();
  const isSelf = useSignedIn().account.account_id === member.account_id;
  if (!isAdmin && !isSelf) return null;
  const role = { label: 'Change role', icon: <EditIcon />, onSelect: () => onOpen('role') };
  const leave = { label: 'Leave workspace', icon: <SignOutIcon />, onSelect: () => onOpen('leave') };
  const remove = { label: 'Remove', icon: <TrashIcon />, onSelect: () => onOpen('remove') };
  return (
    <Menu
      trigger={<IconButton label={`Actions for ${member.name}`} icon={<MoreIcon />} size="small" />}
      groups={[
        ...(isAdmin ? [{ actions: [role] }] : []),
        { actions: [{ ...(isSelf ? leave : remove), isDanger: true }] },
      ]}
    />
  );
}
