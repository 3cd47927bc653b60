import type { Item } from '../item.ts';
import { FilterProcess } from './filter-process.ts';
import { createFilter, type Filter, type FilterConfig, findsEntities, takesLong } from './filters.ts';
import type { FilterSetup } from './protocol.ts';

/** Filters of transcripts that are made while somebody speaks; one process serves all sessions. */
export interface LiveFilters {
  /**
   * Filters one piece of a transcript as `applyFilters` does. Pieces with the same config, the same object, are
   * answered in the order they were asked, those without items at once. Throws `job_rejected` as `applyFilters` does,
   * and `Error` when filtering fails: the next piece may do better.
   * @param language ISO 639 code
   */
  filter(
    items: readonly Item[],
    config: FilterConfig,
    language: string,
    options?: HoldOptions,
  ): Promise<FilteredPiece>;
  /** Pieces under way fail. */
  close(): Promise<void>;
}

interface HoldOptions {
  /** More follows: the words at the end that may be the beginning of a value are held back, 12 at most. */
  readonly hold?: boolean;
}

interface OneProcess {
  /** Id of the process, while it runs. */
  readonly pid: number | undefined;
}

export interface FilteredPiece {
  readonly items: readonly Item[];
  /** Those held back, as they were given: they are to be put before the next piece. */
  readonly held: readonly Item[];
}

interface RememberedSetup extends FilterSetup {
  /** Absent where it works in the process. */
  readonly filter?: Promise<Filter>;
}

/** Of one piece. Only what hangs takes so long; to load what finds values takes 2 s, on a crowded machine 30 s. */
const TIME_LIMIT_MS = 60_000;

/** What does not take long is done here; a process is forked when there is something else to do. */
export function createLiveFilters({ timeLimitMs = TIME_LIMIT_MS } = {}): LiveFilters & OneProcess {
  const process = new FilterProcess(timeLimitMs);
  const setups = new WeakMap<FilterConfig, RememberedSetup>();
  let lastId = 0;

  const setupOf = (config: FilterConfig, language: string): RememberedSetup => {
    const known = setups.get(config);
    if (known?.language === language) return known;
    lastId += 1;
    const setup: RememberedSetup = {
      id: lastId,
      config,
      language,
      ...(!takesLong(config, language) && { filter: createFilter(config, language) }),
    };
    setups.set(config, setup);
    return setup;
  };

  return {
    get pid() {
      return process.pid;
    },
    async filter(items, config, language, { hold = false } = {}) {
      if (items.length === 0) return { items: [], held: [] };
      const setup = setupOf(config, language);
      if (setup.filter) return { items: (await setup.filter)(items), held: [] };
      const mayHold = hold && findsEntities(config, language);
      const { items: filtered, heldFrom } = await process.filter(setup, items, mayHold);
      return { items: filtered, held: items.slice(heldFrom) };
    },
    close: () => process.close(),
  };
}
