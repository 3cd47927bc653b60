import { type Config, ConfigError, loadConfig } from '../../config/load.ts';

/** What a command that works with the settings of the server exits with; `config` is EX_CONFIG of `sysexits.h`. */
const EXIT = { done: 0, notDone: 2, config: 78 } as const;

/**
 * Runs a command with the settings of the server, which may resolve to its exit code; when it fails, says why.
 * @param isExplained whether the message of an error is meant for a person; others are thrown
 */
export async function withConfig(
  command: (config: Config) => Promise<unknown>,
  isExplained: (error: unknown) => boolean = () => true,
): Promise<void> {
  try {
    const code = await command(loadConfig());
    process.exitCode = typeof code === 'number' ? code : EXIT.done;
  } catch (error) {
    const isOfConfig = error instanceof ConfigError;
    if (!isOfConfig && !isExplained(error)) throw error;
    console.error(`parley: ${(error as Error).message}`);
    process.exitCode = isOfConfig ? EXIT.config : EXIT.notDone;
  }
}
