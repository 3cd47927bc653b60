import type { Item } from '../item.ts';
import type { FilterConfig } from './filters.ts';

/** What a filter is made of. */
export interface FilterSetup {
  /** Unlike that of any other setup that the same process is given. */
  readonly id: number;
  readonly config: FilterConfig;
  /** ISO 639 code. */
  readonly language: string;
}

/** The process remembers as many setups, those that were used last. */
export const MAX_SETUPS = 500;

/** Messages to the process of the filters; each is answered, in order. */
export interface FilterRequest {
  readonly setupId: number;
  /** Absent where the process remembers it. */
  readonly setup: FilterSetup | undefined;
  /** Of one channel, in spoken order. */
  readonly items: readonly Item[];
  /** Whether to leave the end alone where it may grow into a value (see `openFrom`). */
  readonly hold: boolean;
}

export type FilterAnswer =
  | FilteredItems
  /** The detail of `job_rejected`. */
  | { readonly rejection: string }
  /** What went wrong and where, without the words it was about. */
  | { readonly failure: string };

export interface FilteredItems {
  readonly items: Item[];
  /** Index of the first item asked about that was left alone, or their number. */
  readonly heldFrom: number;
}
