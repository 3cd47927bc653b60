/** What has been opened, to be closed in reverse, also when opening fails halfway. */
export interface Closers {
  /** What is opened after all was closed is closed at once. */
  add(close: () => Promise<unknown>): void;
  /** Closes everything once; the first failure is thrown after all were tried. */
  closeAll(): Promise<void>;
}

export function createClosers(): Closers {
  const stack: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;

  async function run(): Promise<void> {
    const failures: unknown[] = [];
    for (const close of stack.reverse()) await close().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  return {
    add: (close) => {
      if (closing) void close().catch(() => {});
      else stack.push(close);
    },
    closeAll: () => {
      closing ??= run();
      return closing;
    },
  };
}

/** For what ends by itself: everything that was opened is closed after it, also when it fails. */
export async function withClosers<T>(use: (closers: Closers) => Promise<T>): Promise<T> {
  const closers = createClosers();
  try {
    return await use(closers);
  } finally {
    await closers.closeAll();
  }
}
