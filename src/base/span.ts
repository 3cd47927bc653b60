/**
 * What a span may say: ids and names of our own, codes and figures. There is no place for a key, a transcript, a file
 * name, a path, or anything else that a caller wrote.
 */
export interface SpanFacts {
  readonly environment?: string;
  readonly product?: 'batch' | 'rt';
  readonly requestId?: string;
  readonly workspaceId?: string;
  readonly projectId?: number;
  readonly jobId?: string;
  readonly sessionId?: string;
  readonly engine?: string;
  /** How it ended, in a word from a list of ours. */
  readonly outcome?: string;
  readonly audioSeconds?: number;
  /** Since the job was submitted. */
  readonly jobAgeSeconds?: number;
  /** Of the words of a session with channels, counted from 0. */
  readonly channel?: number;
  /** Of several attempts at the same thing, counted from 1. */
  readonly attempt?: number;
  /** Status of an HTTP answer. */
  readonly status?: number;
  /** Code with which a WebSocket was closed. */
  readonly closeCode?: number;
}

/** What takes time and may fail. */
export type SpanName = 'session' | 'job' | 'recognize' | 'fetch' | 'notify';

/** Follows one thing from its start to its end. */
export interface Span {
  note(facts: SpanFacts): void;
  /** Follows a part of it. */
  start(name: SpanName, facts: SpanFacts): Span;
  /**
   * Once; what is noted later is lost.
   * @param fault what failed, in a word from a list of ours; absent: nothing did
   */
  end(fault?: string): void;
}

/** Follows what the parts of a node do. Where nobody traces there is none. */
export interface Tracer {
  /** @param parent `traceparent` of a caller who is trusted with it (W3C Trace Context) */
  start(name: SpanName, facts: SpanFacts, parent?: string): Span;
}

/**
 * Follows work that is a part of something else.
 * @param signal that interrupts the work: that is no fault of it
 */
export async function inSpan<T>(
  parent: Span | undefined,
  { name, facts }: { readonly name: SpanName; readonly facts: SpanFacts },
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  if (!parent) return work();
  const span = parent.start(name, facts);
  try {
    const result = await work();
    span.end();
    return result;
  } catch (error) {
    endFailed(span, signal);
    throw error;
  }
}

/** Ends what was interrupted, or else has failed. */
export function endFailed(span: Span, signal: AbortSignal): void {
  if (signal.aborted) span.note({ outcome: 'interrupted' });
  span.end(signal.aborted ? undefined : 'failed');
}
