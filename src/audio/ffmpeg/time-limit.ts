/** Measures a program only while its output is waited for, so that a slow consumer costs it nothing. */
export interface TimeLimit {
  start(): void;
  pause(): void;
}

/** `onExpired` is called when the waits have taken `timeoutMs` in all. */
export function totalTime(timeoutMs: number, onExpired: () => void): TimeLimit {
  let remainingMs = timeoutMs;
  let startedMs = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      startedMs = performance.now();
      timer = setTimeout(onExpired, Math.max(0, remainingMs));
    },
    pause() {
      clearTimeout(timer);
      remainingMs -= performance.now() - startedMs;
    },
  };
}

/** `onExpired` is called when a program that has work makes no progress for `timeoutMs`, in one wait. */
export function standstill(
  timeoutMs: number,
  hasWork: () => boolean,
  onExpired: () => void,
): TimeLimit & { progress(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      timer = setTimeout(() => (hasWork() ? onExpired() : timer?.refresh()), timeoutMs);
    },
    pause() {
      clearTimeout(timer);
      timer = undefined;
    },
    progress: () => timer?.refresh(),
  };
}
