/** Asks again only when the last time is this long ago; until then everybody gets that answer. */
export function askRarely<T>(everyMs: number, ask: () => Promise<T>): () => Promise<T> {
  let last: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = performance.now();
    if (!last || nowMs - last.atMs > everyMs) last = { atMs: nowMs, answer: ask() };
    return last.answer;
  };
}
