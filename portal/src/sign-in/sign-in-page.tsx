import { useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { type Session, sessionQuery, useSession } from '../api/session.ts';
import { Notice } from '../ui/feedback/notice.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { ProviderButton, providerFault } from './provider-button.tsx';
import { SignInForm } from './sign-in-form.tsx';
import { VisitorLayout } from './visitor-layout.tsx';

export function SignInPage() {
  const session = useSession();
  const { next, error } = useSearch({ from: '/sign-in' });
  const client = useQueryClient();
  if (session.account !== null) return <GoTo href={next ?? '/'} />;
  if (session.needs_first_account) return <FirstStart />;
  return (
    <VisitorLayout title="Sign in" footer={<OtherWays session={session} next={next} />}>
      <Stack gap={5}>
        {error === undefined ? null : (
          <Notice tone="danger">
            <p>{providerFault(error)}</p>
          </Notice>
        )}
        <SignInForm onSignedIn={() => client.invalidateQueries({ queryKey: sessionQuery.queryKey })} />
        <ProviderButton returnTo={next ?? '/'} />
      </Stack>
    </VisitorLayout>
  );
}

/** Leaves for the page that asked for sign-in, with its search parameters. */
function GoTo({ href }: { readonly href: string }) {
  const navigate = useNavigate();
  useEffect(() => {
    void navigate({ href, replace: true });
  }, [navigate, href]);
  return null;
}

function FirstStart() {
  return (
    <VisitorLayout title="Create the first account" description="Nobody has an account here yet.">
      <Notice title="Open the link that the server printed">
        <p>
          When the server started, it wrote a link that works once. Open that link to create the first
          account.
        </p>
      </Notice>
    </VisitorLayout>
  );
}

interface OtherWaysProps {
  readonly session: Session;
  readonly next: string | undefined;
}

function OtherWays({ session, next }: OtherWaysProps) {
  return (
    <>
      {session.registration === 'open' ? (
        <p>
          No account yet?{' '}
          <Link to="/register" search={next === undefined ? {} : { next }}>
            Register
          </Link>
        </p>
      ) : null}
      {session.registration === 'invite' ? (
        <p>New here? Ask an admin of your workspace for an invitation.</p>
      ) : null}
      {session.support_contact === '' ? null : (
        <p>Forgot your password? Contact {session.support_contact}.</p>
      )}
    </>
  );
}
