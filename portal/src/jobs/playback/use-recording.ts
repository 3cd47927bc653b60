import { type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { asProblem, type Problem } from '../../api/problem.ts';
import { recordingUrl } from '../details/job-queries.ts';
import type { JobScope } from '../job.ts';

export interface Recording {
  /** Where the browser reads it from. It is as good as a key for a while, so it is kept here alone. */
  readonly url: string | undefined;
  /** The browser has no way to play it. */
  readonly isUnplayable: boolean;
  readonly problem: Problem | undefined;
  /** Of the audio element. */
  readonly onError: (event: SyntheticEvent<HTMLAudioElement>) => void;
  readonly onLoadedMetadata: (event: SyntheticEvent<HTMLAudioElement>) => void;
}

/**
 * The recording of a job, to play. Its address works for some hours; when the browser fails with one, it gets another
 * and goes on at the same place. With one that is new, the fault is the recording's.
 */
export function useRecording({ workspaceId, projectId }: JobScope, id: string, isWanted: boolean): Recording {
  const [url, setUrl] = useState<string>();
  const [problem, setProblem] = useState<Problem>();
  const [attempt, setAttempt] = useState(0);
  const [isUnplayable, setUnplayable] = useState(false);
  const failed = useRef<{ readonly seconds: number }>(undefined);
  useEffect(() => {
    if (!isWanted) return;
    const abort = new AbortController();
    recordingUrl({ workspaceId, projectId }, id, abort.signal).then(
      // The address may be the same as before, and yet the browser shall try it again.
      (found) => setUrl(found === undefined || attempt === 0 ? found : `${found}#${attempt}`),
      (cause) => {
        if (!abort.signal.aborted) setProblem(asProblem(cause));
      },
    );
    return () => abort.abort();
  }, [workspaceId, projectId, id, isWanted, attempt]);
  return {
    url,
    isUnplayable,
    problem,
    onError: ({ currentTarget: audio }) => {
      if (failed.current !== undefined) setUnplayable(true);
      else setAttempt(attempt + 1);
      failed.current = { seconds: audio.currentTime };
    },
    onLoadedMetadata: ({ currentTarget: audio }) => {
      if (failed.current !== undefined && failed.current.seconds > 0) {
        audio.currentTime = failed.current.seconds;
      }
      failed.current = undefined;
    },
  };
}
