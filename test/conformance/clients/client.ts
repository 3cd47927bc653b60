import type { Reader } from './reader.ts';

/** What a client reads of each answer, and the queries of its requests. */
export interface Client {
  readonly submitted: Reader;
  readonly job: Reader;
  readonly jobs: Reader;
  readonly deleted: Reader;
  readonly transcript: Reader;
  readonly query: { readonly list: string; readonly transcript: string; readonly remove: string };
}
