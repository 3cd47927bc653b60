/** Recordings chosen on one page to be uploaded by another; they wait in memory for a moment. */
let waiting: readonly File[] = [];

/** Leaves recordings for the Jobs page, which is opened next. */
export function handFiles(files: readonly File[]): void {
  waiting = files;
}

/** The recordings that were left, once. */
export function takeHandedFiles(): readonly File[] {
  const files = waiting;
  waiting = [];
  return files;
}
