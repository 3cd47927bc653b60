import { wholeMs } from '../alignment/fill-gaps.ts';
import { SAMPLE_RATE } from './frames.ts';
import type { Segment } from './segmenter.ts';

/** Moves times of a segment to their place in the recording. */
export function inRecording<T extends { readonly startSeconds: number; readonly endSeconds: number }>(
  times: T,
  { startSample }: Segment,
): T {
  const offsetSeconds = startSample / SAMPLE_RATE;
  return {
    ...times,
    startSeconds: wholeMs(offsetSeconds + times.startSeconds),
    endSeconds: wholeMs(offsetSeconds + times.endSeconds),
  };
}
