import { useSignedIn } from '../shell/session/signed-in.tsx';
import { Button } from '../ui/button/button.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import type { Member } from './members.ts';

interface OnlyAdminDialogProps {
  readonly member: Member;
  readonly onClose: () => void;
}

/** Tells the last admin why they stay one. */
export function OnlyAdminDialog({ member, onClose }: OnlyAdminDialogProps) {
  const isSelf = useSignedIn().account.account_id === member.account_id;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={isSelf ? 'You are the only admin' : `${member.name} is the only admin`}
      size="small"
      footer={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <p>
        A workspace needs an admin: without one nobody could invite people or change anything. Make another
        member an admin first.
      </p>
    </Dialog>
  );
}
