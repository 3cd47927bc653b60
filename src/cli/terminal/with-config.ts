import { type Config, ConfigError, loadConfig } from '../../config/load.ts';

/** What a command that works with the settings of the server exits with; `config` is EX_CONFIG of `sysexits.h`. */
const EXIT = { done: 0, notDone: 2, config: 78 } as const;

/**
 * Runs a command with the settings of the server; when it fails, says why.
 * @param isExplained whether the message of an error is meant for a person; others are thrown
 */
export async function withConfig(
  command: (config: Config) => Promise<void>,
  isExplained: (error: unknown) => boolean = () => true,
): Promise<void> {
  try {
    await command(loadConfig());
    process.exitCode = EXIT.done;
  } catch (error) {
    const isOfConfig = error instanceof ConfigError;
    if (!isOfConfig && !isExplained(error)) throw error;
    console.error(`parley: ${(error as Error).message}`);
    process.exitCode = isOfConfig ? EXIT.config : EXIT.notDone;
  }
}
