import { QueryClient } from '@tanstack/react-query';
import { api } from './client.ts';
import { Problem } from './problem.ts';
import { sessionQuery } from './session.ts';

const MAX_RETRIES = 2;

/** One cache for the whole application. A 401 from any path of the portal asks again who is signed in. */
export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    defaultOptions: {
      queries: { staleTime: 10_000, retry: isWorthRetrying, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  });
  api.use({
    onResponse({ response, schemaPath }) {
      if (response.status !== 401 || !schemaPath.startsWith('/portal/api/')) return;
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  return client;
}

/** Only what may pass by itself is asked again: no answer, or a server that is restarting. */
function isWorthRetrying(failures: number, cause: unknown): boolean {
  if (failures >= MAX_RETRIES || !(cause instanceof Problem)) return false;
  return cause.status === 0 || cause.status >= 500;
}

// Every request goes through the client, which rejects with nothing else.
declare module '@tanstack/react-query' {
  interface Register {
    defaultError: Problem;
  }
}
