import { CATALOGUE, type Category, type ErrorCode } from './catalogue.ts';

interface Details {
  /** Sentence for the caller. Never holds a secret, a transcript or a file name. */
  readonly detail?: string;
  /** One word for the log and for the owner of the key (`identity/audit/explain.ts`); never answered. */
  readonly reason?: string;
  /** Number some validation answers carry in place of the HTTP status (see `http/validation.ts`). */
  readonly wireCode?: number;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** A fault of the caller's input or situation, with a stable code. Programming errors throw `TypeError` instead. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly reason: string | undefined;
  readonly wireCode: number | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, details: Details = {}) {
    super(details.detail ?? CATALOGUE[code].meaning, { cause: details.cause });
    this.code = code;
    this.detail = details.detail;
    this.reason = details.reason;
    this.wireCode = details.wireCode;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }

  get category(): Category {
    return CATALOGUE[this.code].category;
  }
}
