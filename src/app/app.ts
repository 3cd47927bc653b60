import type { Logger } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Engine } from '../engines/engine.ts';
import { EnginePool } from '../engines/pool.ts';
import { type Closers, createClosers } from './closers.ts';
import { engineSettings } from './engine-settings.ts';

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
    const engineLoading = openEngine(config, closers);
    engineLoading.catch(() => {});
    const { openParts } = await import('./open-parts.ts');
    const opened = await openParts({ config, log, engineLoading }, closers);
    return { ...opened, close: () => closers.closeAll() };
  } catch (error) {
    await closers.closeAll().catch(() => {});
    throw error;
  }
}

async function openEngine(config: Config, closers: Closers): Promise<Engine> {
  const { name, processes, liveProcesses } = config.engines;
  const settings = await engineSettings(config);
  const pool = await EnginePool.start({ name, settings }, { processes, liveProcesses });
  closers.add(() => pool.close());
  return pool;
}
