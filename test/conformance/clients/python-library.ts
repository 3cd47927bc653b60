import type { Client } from './client.ts';
import { integer, list, object, oneOf, picked, type Reader, text, truthyText } from './reader.ts';

const status = oneOf('running', 'done', 'rejected', 'deleted', 'expired');

/** `speechmatics-python` 5, the older library and its command line: plain dictionaries, of which it reads these. */
export const library: Client = {
  submitted: picked({ id: truthyText }),
  // It waits for a tenth of the duration, so that one must be there, of fetched audio too.
  job: picked({ job: picked({ status, duration: integer }) }),
  jobs: picked({ jobs: list(object) }),
  deleted: picked({ job: picked({ status: oneOf('deleted') }) }),
  // What its converter takes from json-v2.
  transcript: picked({
    results: list(picked({ type: text, alternatives: list(picked({ content: text, language: text })) })),
  }),
  query: {
    list: '?sm-sdk=python-5.0.0',
    transcript: '?sm-sdk=python-5.0.0&format=json-v2',
    remove: '?force=false',
  },
};

/** Its samples read `detail` of every 400 and 422, and the JSON of every refusal. */
export const refusal: Reader = picked({ code: integer, error: text, detail: text });
