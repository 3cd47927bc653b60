/** Repetitions of the same phrase after which a decoder is taken to be stuck. People say "no no no". */
const MAX_REPEATS = 4;
const MAX_PHRASE_TOKENS = 12;

/**
 * Counts the tokens to drop from the end because they only repeat: 0 unless a phrase of 1 to 12 tokens was
 * said more than four times running, else all of them but the phrase said once.
 */
export function countRepeated(tokens: readonly number[]): number {
  for (let length = 1; length <= MAX_PHRASE_TOKENS; length += 1) {
    const needed = length * (MAX_REPEATS + 1);
    if (tokens.length < needed) return 0;
    const tail = tokens.slice(-needed);
    if (tail.every((token, index) => token === tail[index % length])) return length * MAX_REPEATS;
  }
  return 0;
}
