/** Samples per second of everything decoded. */
export const SAMPLE_RATE = 16_000;
