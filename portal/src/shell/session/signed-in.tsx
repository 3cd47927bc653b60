import { Navigate, useRouter } from '@tanstack/react-router';
import { createContext, type ReactNode, useContext, useState } from 'react';
import { type Account, type Session, useSession } from '../../api/session.ts';
import { SessionEndedDialog } from './session-ended-dialog.tsx';

export type SignedInSession = Session & { readonly account: Account };

const SignedInContext = createContext<SignedInSession | undefined>(undefined);

/** The session of the person who is signed in; the last one known while a session has ended under an open page. */
export function useSignedIn(): SignedInSession {
  const session = useContext(SignedInContext);
  if (session === undefined) throw new Error('useSignedIn() outside of SignedIn');
  return session;
}

/**
 * Shows its children to whoever is signed in, and leads others to the sign-in page. When a session ends under an open
 * page the page stays as it is, with all that was typed, and a dialog over it asks to sign in again.
 */
export function SignedIn({ children }: { readonly children: ReactNode }) {
  const session = useSession();
  const router = useRouter();
  // Read once: it changes while the redirect is under way.
  const [opened] = useState(() => router.state.location.href);
  const [last, setLast] = useState<SignedInSession>();
  const current = isSignedIn(session) ? session : undefined;
  if (current !== undefined && current !== last) setLast(current);
  const shown = current ?? last;
  if (shown === undefined)
    return <Navigate to="/sign-in" search={opened === '/' ? {} : { next: opened }} replace />;
  return (
    <SignedInContext value={shown}>
      {children}
      <SessionEndedDialog isOpen={current === undefined} account={shown.account} />
    </SignedInContext>
  );
}

const isSignedIn = (session: Session): session is SignedInSession => session.account !== null;
