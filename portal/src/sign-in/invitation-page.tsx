import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { answerOf, api } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { JoinAs, JoinAsVisitor } from './invitation-choices.tsx';
import { takeInvitation } from './kept-invitation.ts';
import { useFragmentSecret } from './use-fragment-secret.ts';
import { VisitorLayout } from './visitor-layout.tsx';

/** Opened by an invitation link, whose secret stands in the fragment of the address. */
export function InvitationPage() {
  const [kept] = useState(takeInvitation);
  const secret = useFragmentSecret('/invitation', kept);
  if (secret === '') {
    return (
      <VisitorLayout title="Invitation">
        <Notice tone="warning" title="The link is not complete">
          <p>Open the whole link of the invitation, or paste it into the address bar again.</p>
        </Notice>
      </VisitorLayout>
    );
  }
  return <OpenInvitation key={secret} secret={secret} />;
}

function OpenInvitation({ secret }: { readonly secret: string }) {
  const { account } = useSession();
  const {
    mutate: look,
    data,
    error,
    isPending,
  } = useMutation({
    mutationFn: () => answerOf(api.POST('/portal/api/invitations/look-up', { body: { invitation: secret } })),
  });
  useEffect(() => look(), [look]);
  if (error !== null) {
    return (
      <VisitorLayout title="Invitation">
        {error.status === 410 || error.status === 404 || error.status === 422 ? (
          <InvitationOver />
        ) : (
          <ErrorState error={error} onRetry={() => look()} isRetrying={isPending} />
        )}
      </VisitorLayout>
    );
  }
  if (data === undefined) {
    return (
      <VisitorLayout title="Invitation" description={<Skeleton width={240} />}>
        <Skeleton height={220} />
      </VisitorLayout>
    );
  }
  if (account === null) return <JoinAsVisitor secret={secret} invitation={data} />;
  return <JoinAs secret={secret} invitation={data} account={account} />;
}

function InvitationOver() {
  return (
    <Notice tone="warning" title="This invitation is no longer valid">
      <p>It was used, withdrawn, or it is too old. Ask for a new link.</p>
      <p>
        <Link to="/">Open Parley</Link>
      </p>
    </Notice>
  );
}
