import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Problem } from '../../api/problem.ts';
import { sessionQuery } from '../../api/session.ts';
import { Notice } from '../../ui/feedback/notice.tsx';
import { LiveFault } from '../session/live-fault.ts';

interface FaultNoticeProps {
  readonly fault: LiveFault | Problem;
  /** The words that have come are still there. */
  readonly hasWords: boolean;
}

/** Why a session did not begin or did not last, and what to do. */
export function FaultNotice({ fault, hasWords }: FaultNoticeProps) {
  useAskWhoIsSignedIn(fault);
  const kept = hasWords ? ' What was heard so far is below.' : '';
  if (!(fault instanceof LiveFault)) {
    return (
      <Notice tone="danger" isLive title="The session did not start">
        <p>
          {fault.message}
          {kept}
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone="danger" isLive title={fault.title}>
      {fault.detail === undefined ? null : <p>The server says: {fault.detail}.</p>}
      <p>
        {fault.advice}
        {kept}
      </p>
    </Notice>
  );
}

/** The page of a person who was signed out elsewhere is to ask for the password, not only to stop listening. */
function useAskWhoIsSignedIn(fault: LiveFault | Problem): void {
  const client = useQueryClient();
  const hasEnded = fault instanceof LiveFault ? fault.code === 'not_authorised' : fault.status === 401;
  useEffect(() => {
    if (hasEnded) void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  }, [client, hasEnded]);
}
