import { Problem } from '../api/problem.ts';
import { withTemporaryKey } from '../api/temporary-keys.ts';
import type { JobScope } from './job.ts';

const KEY_REFUSED =
  'The Jobs API at this address does not accept keys of this workspace. Ask an admin which regions it may use.';

/**
 * Sends a request of the Jobs API with a temporary key. It rejects with a 401 only where the session of the person has
 * ended, so that no key can be had; that the Jobs API refuses a new key has nothing to do with who is signed in.
 */
export async function askJobsApi<T>(
  scope: JobScope,
  send: (headers: { authorization: string }) => Promise<T>,
): Promise<T> {
  let isKeyRefused = false;
  try {
    return await withTemporaryKey({ ...scope, product: 'batch' }, async (headers) => {
      isKeyRefused = false;
      try {
        return await send(headers);
      } catch (cause) {
        isKeyRefused = isUnauthorised(cause);
        throw cause;
      }
    });
  } catch (cause) {
    if (!isKeyRefused) throw cause;
    throw new Problem({ status: 403, error: 'Forbidden', detail: KEY_REFUSED });
  }
}

export const isUnauthorised = (cause: unknown): boolean => cause instanceof Problem && cause.status === 401;
