import type { Problem } from '../api/problem.ts';
import { RequestId } from '../ui/feedback/error-state.tsx';
import { Notice } from '../ui/feedback/notice.tsx';

/** Why a form or an action failed, where no single field is to blame. Holds its live region while there is nothing. */
export function FormProblem({ problem }: { readonly problem: Problem | null | undefined }) {
  return (
    <div role="alert">
      {problem == null ? null : (
        <Notice tone="danger">
          <p>{problem.message}</p>
          <RequestId value={problem.status >= 500 ? problem.requestId : undefined} />
        </Notice>
      )}
    </div>
  );
}
