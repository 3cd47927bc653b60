/** Asks again only when the last time is this long ago; until then everybody gets that answer. */
export function askRarely<T>(everyMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = performance.now();
    if (!last || nowMs - last.atMs > everyMs) last = { atMs: nowMs, answer: ask() };
    return last.answer;
  };
}

/** Acts only when the last time is this long ago: for what a log need not be told each time. */
export function actRarely<Given extends readonly unknown[]>(
  everyMs: number,
  act: (...given: Given) => void,
): (...given: Given) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (...given) => {
    const nowMs = performance.now();
    if (nowMs - lastMs < everyMs) return;
    lastMs = nowMs;
    act(...given);
  };
}
