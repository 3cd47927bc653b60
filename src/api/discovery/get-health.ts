import { Type } from 'typebox';
import { AppError } from '../../errors/app-error.ts';
import { answers } from '../responses.ts';

const Status = Type.Object({ status: Type.String() });

/** The process answers. */
export const getLive = () => ({
  schema: { summary: 'Whether the process is alive', response: answers({ 200: Status }) },
  handler: async () => ({ status: 'live' }),
});

interface Deps {
  /** A sentence without names of hosts: anybody may ask. */
  readonly whyNotReady: () => Promise<string | undefined>;
  /** The feed of key changes is lost: every key is read from the database until it is back. */
  readonly isDegraded: () => boolean;
}

/** The process can take work: its parts answer, and it is not stopping. */
export const getReady = ({ whyNotReady, isDegraded }: Deps) => ({
  schema: { summary: 'Whether the server takes requests', response: answers({ 200: Status }, 'unavailable') },
  async handler() {
    const detail = await whyNotReady();
    if (detail !== undefined) throw new AppError('unavailable', { detail, retryAfterSeconds: 1 });
    return { status: isDegraded() ? 'degraded' : 'ready' };
  },
});
