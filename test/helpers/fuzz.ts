/**
 * How many inputs a generated test tries. A few by default, the same ones each time; `FUZZ=50 npx vitest run <file>`
 * tries 50 times as many, and others at every run. A failure prints its seed.
 */
const factor = Number(process.env.FUZZ ?? 0);

export const fuzz = (numRuns: number): { numRuns: number; seed?: number } =>
  factor > 0 ? { numRuns: Math.ceil(numRuns * factor) } : { numRuns, seed: 1 };

/** For a test that tries many inputs: what it takes by default, stretched by as much. */
export const fuzzTimeoutMs = (ms: number): number => ms * Math.max(1, factor);
