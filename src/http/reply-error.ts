import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.ts';
import { CATALOGUE, type Category, type ErrorCode } from '../errors/catalogue.ts';

/** HTTP status of each category of error. */
export const STATUS: Readonly<Record<Category, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  too_large: 413,
  unprocessable: 422,
  locked: 423,
  rate_limited: 429,
  headers_too_large: 431,
  internal: 500,
  unavailable: 503,
};

/** Clients accept any further member, but fail on `detail: null`. */
export interface ErrorBody {
  /** The HTTP status, except that management answers number the validation rule that failed. */
  readonly code: number;
  readonly error: string;
  readonly detail?: string;
  /** Management answers only: what `@speechmatics/auth` shows. */
  readonly message?: string;
}

/** @param path of the request; management paths start with `/v1` and carry `message`. */
export function errorBody(error: AppError, path: string): ErrorBody {
  const { error: text } = CATALOGUE[error.code];
  const isManagement = path.startsWith('/v1/') && error.code !== 'unauthenticated';
  return {
    code: (isManagement ? error.wireCode : undefined) ?? STATUS[error.category],
    error: text,
    ...(error.detail !== undefined && { detail: error.detail }),
    ...(isManagement && { message: error.detail ?? text }),
  };
}

/** The one place where an error becomes a response. Whatever is not an `AppError` is a fault of ours: logged, not shown. */
export async function replyError(
  error: FastifyError | AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const known = asAppError(error);
  if (known.code === 'internal')
    request.log.error({ reason: error.message, stack: error.stack }, 'request failed');
  if (known.retryAfterSeconds !== undefined) reply.header('retry-after', Math.ceil(known.retryAfterSeconds));
  await reply.code(STATUS[known.category]).send(errorBody(known, request.routeOptions.url ?? request.url));
}

/** What the framework complains of, by the status it gives: any other 4xx is a request that cannot be read. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  404: 'not_found',
  413: 'too_large',
  414: 'not_found',
  431: 'headers_too_large',
};

function asAppError(error: FastifyError | AppError): AppError {
  if (error instanceof AppError) return error;
  const { statusCode = 500, message } = error;
  if (statusCode < 400 || statusCode >= 500) return new AppError('internal', { cause: error });
  const code = BY_STATUS[statusCode] ?? 'malformed_request';
  return new AppError(code, { detail: message, cause: error });
}
