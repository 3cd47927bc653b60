/** Words of a transcript as the fixtures write them: lower case, no punctuation, abbreviations spelt out. */
export function spokenWords(transcript: string): string[] {
  return transcript
    .toLowerCase()
    .replaceAll('mr.', 'mister')
    .split(/[^a-z']+/)
    .filter((word) => word !== '');
}

/** Insertions, deletions and substitutions that lead from one to the other (Levenshtein distance in words). */
export function wordErrors(spoken: readonly string[], heard: readonly string[]): number {
  let above = heard.map((_, index) => index + 1);
  spoken.forEach((word, row) => {
    let diagonal = row;
    let left = row + 1;
    above = heard.map((other, column) => {
      const up = above[column] ?? 0;
      left = Math.min(left + 1, up + 1, diagonal + (word === other ? 0 : 1));
      diagonal = up;
      return left;
    });
  });
  return above.at(-1) ?? spoken.length;
}
