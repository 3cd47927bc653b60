/** The clients of `burst.ts`: submit the same recording again and again. As a process they are told what by a message. */
import { fileURLToPath } from 'node:url';
import { ask, ENGLISH, jobForm } from '../test/helpers/api.ts';
import { writeTemporaryRecording } from './recording.ts';

interface Submission {
  readonly baseUrl: string;
  readonly key: string;
  /** Length of each recording. */
  readonly seconds: number;
  readonly jobs: number;
}

/** Connections that submit; each sends its next recording when the last was accepted. */
const CONNECTIONS = 50;

/** Resolves with the ids of the jobs, once all are accepted. */
export async function submitRecordings({ baseUrl, key, seconds, jobs }: Submission): Promise<string[]> {
  const { bytes } = await writeTemporaryRecording(seconds);
  const ids: string[] = [];
  let sent = 0;
  const submit = async () => {
    while (sent++ < jobs) {
      const body = jobForm(bytes, { config: ENGLISH });
      const answer = await ask({ baseUrl }, '/v2/jobs', { method: 'POST', key, body });
      if (answer.status !== 201) throw new Error(answer.text);
      ids.push(answer.json<{ id: string }>().id);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, CONNECTIONS) }, submit));
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', async (submission: Submission) => {
    process.send?.(await submitRecordings(submission));
  });
}
