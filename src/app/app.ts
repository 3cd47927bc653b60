import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import { createClosers } from './closers.ts';
import { openRecognition } from './roles/recognition.ts';

export interface App {
  /** Where the server answers, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where the first account is made, while there is none; it is a secret, shown to the operator only. */
  readonly firstAccountUrl: string | undefined;
  /** Finishes what is under way, within the configured time, and lets go of everything. */
  close(): Promise<void>;
}

/** Opens every part. When one fails, those before it are closed. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const closers = createClosers();
  try {
    // The engine takes longest to load and needs nothing: its process starts before the code of the other
    // parts is even read, which takes most of a second, and is awaited last.
    const recognitionOpening = openRecognition(config, closers);
    recognitionOpening.catch(() => {});
    const { openParts } = await import('./open-parts.ts');
    const opened = await openParts({ config, log, recognitionOpening }, closers);
    return { ...opened, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll().catch(() => {});
    throw error;
  }
}
