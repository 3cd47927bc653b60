interface WireError {
  readonly error?: string;
  readonly detail?: string;
}

interface ProblemParts {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly error: string;
  readonly detail?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly requestId?: string | undefined;
}

const NAMED_FIELD = /^(\w+) in (?:body|path|query) (.+)$/;

/** A request that failed. `message` is the sentence to show a person. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly error: string;
  readonly detail: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;

  constructor(parts: ProblemParts) {
    super(sentence(parts));
    this.status = parts.status;
    this.error = parts.error;
    this.detail = parts.detail;
    this.retryAfterSeconds = parts.retryAfterSeconds;
    this.requestId = parts.requestId;
  }

  /** The field that a 422 names, with what is wrong with it. */
  get field(): { readonly name: string; readonly message: string } | undefined {
    const [, name, rule] = NAMED_FIELD.exec(this.detail ?? '') ?? [];
    if (this.status !== 422 || name === undefined || rule === undefined) return undefined;
    return { name, message: `This ${rule.replace(/\bchars\b/, 'characters')}.` };
  }
}

/** The problem that an answer with an error status stands for. */
export async function problemOf(response: Response): Promise<Problem> {
  const body = await wireError(response);
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new Problem({
    status: response.status,
    error: body.error ?? response.statusText,
    detail: body.detail,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined,
    requestId: response.headers.get('request-id') ?? undefined,
  });
}

/** The problem of a request that got no answer. */
export const unreachable = (): Problem => new Problem({ status: 0, error: 'Unreachable' });

/** Any thrown value as a problem. */
export function asProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  return new Problem({ status: -1, error: cause instanceof Error ? cause.message : String(cause) });
}

async function wireError(response: Response): Promise<WireError> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? body : {};
  } catch {
    return {};
  }
}

function sentence(parts: ProblemParts): string {
  switch (parts.status) {
    case 0:
      return 'Parley cannot be reached. Check your connection and try again.';
    case 401:
      return 'Your session has ended. Sign in and try again.';
    case 403:
      return asSentence(parts.detail) ?? 'You may not do this. Ask an admin of the workspace.';
    case 404:
      return asSentence(parts.detail) ?? 'This does not exist, or it was deleted.';
    case 410:
      return asSentence(parts.detail) ?? 'This link is no longer valid. Ask for a new one.';
    case 429:
      return `Too many attempts. Try again ${waitOf(parts.retryAfterSeconds)}.`;
    case 503:
      return 'Parley cannot answer right now. Try again in a moment.';
    default:
      return asSentence(parts.detail ?? parts.error) ?? 'This did not work. Try again.';
  }
}

/** The server's words with a capital and a full stop. */
function asSentence(words: string | undefined): string | undefined {
  if (words === undefined || words === '') return undefined;
  const start = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.?]$/.test(start) ? start : `${start}.`;
}

function waitOf(seconds: number | undefined): string {
  if (seconds === undefined) return 'later';
  if (seconds < 100) return `in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
  return `in ${Math.ceil(seconds / 60)} minutes`;
}
