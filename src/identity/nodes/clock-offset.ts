/** How far another clock is from this machine's, as far as answers of unknown delay can tell. */
export interface ClockOffset {
  readonly offsetMs: number;
  /** The true offset is within this of `offsetMs`. */
  readonly errorMs: number;
}

/** Clocks of sound machines part by less than this between two measurements a few seconds apart. */
const DRIFT_MS = 1;

/**
 * Reads the offset off one question and its answer. The other clock was read somewhere between the two, so half the
 * way is the best guess, and wrong by at most half of the delay (Cristian's algorithm).
 */
export function measureOffset(sentMs: number, answerMs: number, receivedMs: number): ClockOffset {
  return { offsetMs: answerMs - (sentMs + receivedMs) / 2, errorMs: Math.abs(receivedMs - sentMs) / 2 };
}

/**
 * Keeps the more exact of two measurements, so that one slow answer does not move the clock; but one that contradicts
 * what was known means that a clock was set, and is believed.
 */
export function betterOffset(known: ClockOffset, measured: ClockOffset): ClockOffset {
  const aged = { ...known, errorMs: known.errorMs + DRIFT_MS };
  const apartMs = Math.abs(measured.offsetMs - aged.offsetMs);
  return measured.errorMs <= aged.errorMs || apartMs > measured.errorMs + aged.errorMs ? measured : aged;
}
