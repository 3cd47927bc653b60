import type { Client } from './client.ts';
import { integer, list, object, oneOf, type Reader, struct, text, truthyText } from './reader.ts';

/** `speechmatics-python` 5, the older library and its command line: plain dictionaries, of which it reads these. */
const read = (required: Readonly<Record<string, Reader>>): Reader =>
  struct({ required, others: 'ignored', nulls: 'absent' });

const status = oneOf('running', 'done', 'rejected', 'deleted', 'expired');

export const library: Client = {
  submitted: read({ id: truthyText }),
  // It waits for a tenth of the duration, so that one must be there, of fetched audio too.
  job: read({ job: read({ status, duration: integer }) }),
  jobs: read({ jobs: list(object) }),
  deleted: read({ job: read({ status: oneOf('deleted') }) }),
  // What its converter takes from json-v2.
  transcript: read({
    results: list(read({ type: text, alternatives: list(read({ content: text, language: text })) })),
  }),
  query: {
    list: '?sm-sdk=python-5.0.0',
    transcript: '?sm-sdk=python-5.0.0&format=json-v2',
    remove: '?force=false',
  },
};

/** Its samples read `detail` of every 400 and 422, and the JSON of every refusal. */
export const refusal: Reader = read({ code: integer, error: text, detail: text });
