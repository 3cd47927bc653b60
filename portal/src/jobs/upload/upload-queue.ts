import type { QueryClient } from '@tanstack/react-query';
import { asProblem, Problem } from '../../api/problem.ts';
import { sessionQuery } from '../../api/session.ts';
import type { JobScope } from '../job.ts';
import { refreshLists } from '../list/job-list-query.ts';
import { SessionEnded, sendRecording } from './send-recording.ts';
import { jobConfigOf, type UploadSettings } from './upload-settings.ts';

export type UploadState =
  | { readonly status: 'waiting' }
  | { readonly status: 'sending'; readonly sentBytes: number }
  | { readonly status: 'accepted'; readonly jobId: string }
  | { readonly status: 'failed'; readonly problem: Problem };

export interface Upload {
  readonly id: number;
  readonly file: File;
  readonly scope: JobScope;
  readonly settings: UploadSettings;
  readonly state: UploadState;
}

export interface UploadSnapshot {
  readonly uploads: readonly Upload[];
  /** Nothing more is sent until the person has signed in again. */
  readonly isHeld: boolean;
}

interface Sending {
  readonly abort: AbortController;
  /** When its progress was last drawn. */
  drawnAt: number;
}

/** A browser has few connections to one server, and the pages need some. */
const MAX_AT_ONCE = 3;
const PROGRESS_MILLISECONDS = 150;
const DEFAULT_PAUSE_SECONDS = 5;

/**
 * The recordings on their way to the server. An upload is `waiting` until one of a few places is free, `sending`, and
 * then `accepted` as a job, or `failed`. One that failed keeps its file and can be tried again; the others go on. When
 * the server asks to slow down, or the session ends, what was begun waits again. Uploads outlive the page they were
 * begun on, though not the window.
 */
export class UploadQueue {
  private readonly client: QueryClient;
  private readonly listeners = new Set<() => void>();
  private readonly sending = new Map<number, Sending>();
  private snapshot: UploadSnapshot = { uploads: [], isHeld: false };
  private lastId = 0;
  private pausedUntil = 0;

  constructor(client: QueryClient) {
    this.client = client;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = (): UploadSnapshot => this.snapshot;

  add(files: readonly File[], scope: JobScope, settings: UploadSettings): void {
    const added = files.map((file): Upload => {
      this.lastId += 1;
      return { id: this.lastId, file, scope, settings, state: { status: 'waiting' } };
    });
    this.change({ uploads: [...this.snapshot.uploads, ...added] });
    this.fill();
  }

  /** Takes an upload away, whatever it is doing. A job that was made of it stays. */
  remove(id: number): void {
    this.sending.get(id)?.abort.abort();
    this.change({ uploads: this.snapshot.uploads.filter((upload) => upload.id !== id) });
    this.fill();
  }

  retry(id: number): void {
    this.setState(id, { status: 'waiting' });
    this.fill();
  }

  removeAccepted(): void {
    const left = this.snapshot.uploads.filter(({ state }) => state.status !== 'accepted');
    if (left.length < this.snapshot.uploads.length) this.change({ uploads: left });
  }

  /** Goes on after the person has signed in again. */
  resume(): void {
    if (!this.snapshot.isHeld) return;
    this.change({ isHeld: false });
    this.fill();
  }

  /** Begins as many of the waiting uploads as there are places. */
  private fill(): void {
    const pause = this.pausedUntil - Date.now();
    if (this.snapshot.isHeld || pause > 0) return;
    const free = MAX_AT_ONCE - this.sending.size;
    const next = this.snapshot.uploads
      .filter(({ state }) => state.status === 'waiting')
      .slice(0, Math.max(0, free));
    for (const upload of next) void this.send(upload);
  }

  private async send({ id, file, scope, settings }: Upload): Promise<void> {
    const abort = new AbortController();
    this.sending.set(id, { abort, drawnAt: 0 });
    this.setState(id, { status: 'sending', sentBytes: 0 });
    try {
      const jobId = await sendRecording(
        { file, scope, config: jobConfigOf(settings) },
        { signal: abort.signal, onProgress: (sentBytes) => this.progress(id, sentBytes) },
      );
      this.setState(id, { status: 'accepted', jobId });
      void refreshLists(this.client, scope.workspaceId);
    } catch (cause) {
      if (!abort.signal.aborted) this.fail(id, cause);
    } finally {
      this.sending.delete(id);
      this.fill();
    }
  }

  private fail(id: number, cause: unknown): void {
    if (cause instanceof SessionEnded) {
      this.change({ isHeld: true });
      this.setState(id, { status: 'waiting' });
      void this.client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    } else if (cause instanceof Problem && cause.status === 429) {
      this.pause(cause.retryAfterSeconds ?? DEFAULT_PAUSE_SECONDS);
      this.setState(id, { status: 'waiting' });
    } else {
      this.setState(id, { status: 'failed', problem: asProblem(cause) });
    }
  }

  private pause(seconds: number): void {
    this.pausedUntil = Date.now() + seconds * 1000;
    // A little later than that, so that the pause is over.
    setTimeout(() => this.fill(), seconds * 1000 + 50);
  }

  /** Many parts are sent within a frame; the page is drawn for some of them. */
  private progress(id: number, sentBytes: number): void {
    const sending = this.sending.get(id);
    if (sending === undefined || Date.now() - sending.drawnAt < PROGRESS_MILLISECONDS) return;
    sending.drawnAt = Date.now();
    this.setState(id, { status: 'sending', sentBytes });
  }

  private setState(id: number, state: UploadState): void {
    this.change({
      uploads: this.snapshot.uploads.map((upload) => (upload.id === id ? { ...upload, state } : upload)),
    });
  }

  private change(change: Partial<UploadSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

const queues = new WeakMap<QueryClient, UploadQueue>();

/** The queue of the application. */
export function uploadQueueOf(client: QueryClient): UploadQueue {
  const known = queues.get(client);
  if (known !== undefined) return known;
  const queue = new UploadQueue(client);
  queues.set(client, queue);
  return queue;
}
