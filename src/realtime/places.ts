/** Streams of audio that this process can listen to at once. */
export interface Places {
  /** Takes so many, or none. */
  take(count: number): boolean;
  give(count: number): void;
  taken(): number;
}

/** @param count places there are */
export function createPlaces(count: number): Places {
  let free = count;
  return {
    take(wanted) {
      if (wanted > free) return false;
      free -= wanted;
      return true;
    },
    give(back) {
      free += back;
    },
    taken: () => count - free,
  };
}
