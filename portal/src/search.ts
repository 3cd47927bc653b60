type Search = Record<string, unknown>;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const wholeNumber = (value: unknown): number | undefined => {
  const number = Number(value);
  return value !== undefined && Number.isSafeInteger(number) && number > 0 ? number : undefined;
};

const oneOf = <Value extends string>(values: readonly Value[], value: unknown): Value | undefined =>
  values.find((each) => each === value);

const DAY = /^\d{4}-\d\d-\d\d$/;
const day = (value: unknown): string | undefined =>
  typeof value === 'string' && DAY.test(value) ? value : undefined;

/** A link may leave out any of them. */
const optional = <Values extends object>(values: Values): Partial<Values> => values;

/** Of every page of a workspace. */
export const workspaceSearch = (search: Search) => optional({ project: wholeNumber(search.project) });

/** `next` is the page to go to afterwards, only a path within the portal; `error` says why a provider did not sign in. */
export const signInSearch = (search: Search) =>
  optional({ next: pathWithin(search.next), error: text(search.error) });

export const jobsSearch = (search: Search) =>
  optional({
    client_ref: text(search.client_ref),
    status: oneOf(['running', 'done', 'rejected'], search.status),
    q: text(search.q),
  });

/** `at` is the second of the recording to start at. */
export const jobSearch = (search: Search) => optional({ q: text(search.q), at: wholeNumber(search.at) });

export const usageSearch = (search: Search) =>
  optional({
    since: day(search.since),
    until: day(search.until),
    by: oneOf(['day', 'product', 'model', 'language', 'project', 'key', 'client_ref'], search.by),
  });

export const auditSearch = (search: Search) =>
  optional({
    action: text(search.action),
    search: text(search.search),
    request: text(search.request),
  });

/** `new` opens the dialog that creates one. */
export const createSearch = (search: Search) => optional({ new: oneOf(['yes'], search.new) });

export const temporaryKeysSearch = (search: Search) =>
  optional({
    preset: oneOf(['dictation', 'upload', 'kiosk'], search.preset),
    tab: oneOf(['create', 'inspect'], search.tab),
  });

/** A path such as `/workspaces/x/jobs`, never an address of another site. */
function pathWithin(value: unknown): string | undefined {
  const path = text(value);
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : undefined;
}
