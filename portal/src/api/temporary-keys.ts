import { answerOf, api } from './client.ts';
import { Problem } from './problem.ts';

/** Who a temporary key of the portal speaks for. */
export interface KeyScope {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly product: 'batch' | 'rt';
  /** Narrows the key to the jobs of one end user. */
  readonly clientRef?: string | undefined;
}

interface KeptKey {
  readonly value: Promise<string>;
  readonly usableUntil: number;
}

const TTL_SECONDS = 600;
/** A key is not begun with when it is about to run out. */
const MARGIN_SECONDS = 60;

/** In memory alone: gone with the page. */
const kept = new Map<string, KeptKey>();

/** A temporary key for the Jobs or the real-time API, made when there is none that lasts. */
function temporaryKey(scope: KeyScope): Promise<string> {
  const name = nameOf(scope);
  const known = kept.get(name);
  if (known !== undefined && known.usableUntil > Date.now()) return known.value;
  const value = mint(scope);
  kept.set(name, { value, usableUntil: Date.now() + (TTL_SECONDS - MARGIN_SECONDS) * 1000 });
  value.catch(() => kept.delete(name));
  return value;
}

/** Sends a request of the Jobs API with a temporary key; once more with a new one where the key was refused. */
export async function withTemporaryKey<T>(
  scope: KeyScope,
  send: (headers: { authorization: string }) => Promise<T>,
): Promise<T> {
  try {
    return await send({ authorization: `Bearer ${await temporaryKey(scope)}` });
  } catch (cause) {
    if (!(cause instanceof Problem) || cause.status !== 401) throw cause;
    kept.delete(nameOf(scope));
    return send({ authorization: `Bearer ${await temporaryKey(scope)}` });
  }
}

const nameOf = (scope: KeyScope): string =>
  JSON.stringify([scope.workspaceId, scope.projectId, scope.product, scope.clientRef]);

async function mint({ workspaceId, projectId, product, clientRef }: KeyScope): Promise<string> {
  const answer = await answerOf(
    api.POST('/portal/api/workspaces/{workspace_id}/projects/{project_id}/temporary-keys', {
      params: {
        path: { workspace_id: workspaceId, project_id: String(projectId) },
        query: { type: product },
      },
      body: { ttl: TTL_SECONDS, ...(clientRef === undefined ? {} : { client_ref: clientRef }) },
    }),
  );
  return answer.key_value;
}
