import { useEffect, useState } from 'react';
import { asProblem, type Problem } from '../../api/problem.ts';
import { recordingUrl } from '../details/job-queries.ts';
import type { JobScope } from '../job.ts';

export interface Recording {
  /** Where the browser reads it from. It is as good as a key for a while, so it is kept here alone. */
  readonly url: string | undefined;
  /** The browser has no way to play it. */
  readonly isUnplayable: boolean;
  readonly problem: Problem | undefined;
  /** The `onError` of the audio element. */
  readonly onError: () => void;
}

/** The recording of a job, to play. An address that has run out is asked for anew, once in a row. */
export function useRecording({ workspaceId, projectId }: JobScope, id: string, isWanted: boolean): Recording {
  const [url, setUrl] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  const [isUnplayable, setUnplayable] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks for another address
  useEffect(() => {
    if (!isWanted) return;
    const abort = new AbortController();
    recordingUrl({ workspaceId, projectId }, id, abort.signal).then(setUrl, (cause) => {
      if (!abort.signal.aborted) setProblem(asProblem(cause));
    });
    return () => abort.abort();
  }, [workspaceId, projectId, id, isWanted, attempt]);
  return {
    url,
    isUnplayable,
    problem,
    onError: () => {
      if (attempt === 0) setAttempt(1);
      else setUnplayable(true);
    },
  };
}
