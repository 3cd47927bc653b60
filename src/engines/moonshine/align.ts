/** Half-open stretch of encoder frames. */
export interface FrameSpan {
  readonly start: number;
  readonly end: number;
}

/**
 * Dynamic time warping: divides the frames among the tokens, in order, every token at least one frame, so
 * that the attention each token paid to its own frames is largest in sum. `attention`: one row per token, one
 * column per frame. Throws `RangeError` when there are more tokens than frames.
 */
export function alignTokens(attention: readonly Float32Array[]): FrameSpan[] {
  const tokens = attention.length;
  const frames = attention[0]?.length ?? 0;
  if (tokens > frames) throw new RangeError(`${tokens} tokens cannot share ${frames} frames`);
  const entered = bestPaths(attention, frames);
  const spans: FrameSpan[] = [];
  let end = frames;
  for (let token = tokens - 1; token >= 0; token -= 1) {
    let start = end - 1;
    while (entered[token * frames + start] === 0) start -= 1;
    spans.unshift({ start, end });
    end = start;
  }
  return spans;
}

/** For each token (row) and frame (column): 1 if the best path to this cell has just moved on to this token. */
function bestPaths(attention: readonly Float32Array[], frames: number): Uint8Array {
  const entered = new Uint8Array(attention.length * frames);
  let previous = new Float64Array(frames).fill(Number.NEGATIVE_INFINITY);
  attention.forEach((weights, token) => {
    const best = new Float64Array(frames).fill(Number.NEGATIVE_INFINITY);
    for (let frame = token; frame < frames; frame += 1) {
      const stay = frame > 0 ? (best[frame - 1] ?? 0) : Number.NEGATIVE_INFINITY;
      const atOrigin = token === 0 && frame === 0 ? 0 : Number.NEGATIVE_INFINITY;
      const enter = token > 0 && frame > 0 ? (previous[frame - 1] ?? 0) : atOrigin;
      if (enter > stay || frame === token) entered[token * frames + frame] = 1;
      best[frame] = Math.max(stay, enter) + (weights[frame] ?? 0);
    }
    previous = best;
  });
  return entered;
}
