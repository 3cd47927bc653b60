import { type BadgeTone, StatusBadge } from '../ui/data/badge.tsx';
import type { JobStatus } from './job.ts';

const SHOWN: Readonly<Record<JobStatus, { readonly tone: BadgeTone; readonly words: string }>> = {
  running: { tone: 'info', words: 'Running' },
  done: { tone: 'success', words: 'Done' },
  rejected: { tone: 'danger', words: 'Rejected' },
  deleted: { tone: 'neutral', words: 'Deleted' },
  expired: { tone: 'neutral', words: 'Expired' },
};

export function JobStatusBadge({ status }: { readonly status: JobStatus }) {
  const { tone, words } = SHOWN[status];
  return (
    <StatusBadge tone={tone} isActive={status === 'running'}>
      {words}
    </StatusBadge>
  );
}
