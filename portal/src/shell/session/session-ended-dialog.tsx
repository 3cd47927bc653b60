import { useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { type Account, sessionQuery } from '../../api/session.ts';
import { SignInForm } from '../../sign-in/sign-in-form.tsx';
import { Dialog } from '../../ui/overlay/dialog.tsx';

interface SessionEndedDialogProps {
  readonly isOpen: boolean;
  readonly account: Account;
}

/** Asks to sign in again over the page that was being worked on. */
export function SessionEndedDialog({ isOpen, account }: SessionEndedDialogProps) {
  const client = useQueryClient();
  const password = useRef<HTMLInputElement>(null);
  const goOn = async () => {
    const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
    // Whoever else signs in must not see what the first one had open.
    if (session.account?.account_id === account.account_id) await client.invalidateQueries();
    else window.location.assign('/portal/');
  };
  return (
    <Dialog
      isOpen={isOpen}
      title="Your session has ended"
      description="Sign in again to go on where you were. What you typed is still here."
      size="small"
      initialFocus={password}
    >
      <SignInForm passwordRef={password} email={account.email} onSignedIn={goOn} />
    </Dialog>
  );
}
