import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { useSession } from '../api/session.ts';
import { Notice } from '../ui/feedback/notice.tsx';
import { RegisterForm } from './register-form.tsx';
import { VisitorLayout } from './visitor-layout.tsx';

export function RegisterPage() {
  const { account, registration } = useSession();
  const { next } = useSearch({ from: '/register' });
  if (account !== null) return <Navigate to="/" replace />;
  const footer = (
    <p>
      Have an account?{' '}
      <Link to="/sign-in" search={next === undefined ? {} : { next }}>
        Sign in
      </Link>
    </p>
  );
  if (registration !== 'open') {
    return (
      <VisitorLayout title="Register" footer={footer}>
        <Notice title={registration === 'invite' ? 'You need an invitation' : 'Registration is closed'}>
          <p>
            {registration === 'invite'
              ? 'Ask an admin of your workspace for an invitation link, and open it.'
              : 'Ask whoever runs this server for an account.'}
          </p>
        </Notice>
      </VisitorLayout>
    );
  }
  return (
    <VisitorLayout
      title="Create an account"
      description="It comes with a workspace of your own."
      footer={footer}
    >
      <RegisterForm />
    </VisitorLayout>
  );
}
