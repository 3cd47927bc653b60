import { Command } from 'commander';
import { startApp } from '../app/app.ts';
import { createLogger } from '../base/log.ts';
import { type Config, ConfigError, loadConfig } from '../config/load.ts';

/** Exit codes of `sysexits.h`. */
const EX_CONFIG = 78;
const LEFT_OPEN_MS = 2_000;

export const serveCommand = (): Command =>
  new Command('serve').action(async () => {
    process.exitCode = await serve();
  });

/** Runs the server until SIGTERM or SIGINT; a second signal, or one while it starts, ends it at once. Resolves to the exit code. */
async function serve(): Promise<number> {
  const config = readConfig();
  if (!config) return EX_CONFIG;
  const log = createLogger(config.app.logLevel);
  // Listened for from the beginning: the first process of a container is not even told of other signals.
  const stopped = nextSignal();
  try {
    const app = await Promise.race([startApp(config, log), stopped.then(() => undefined)]);
    // Nothing was accepted yet, and what is half made is what a start after a crash finds.
    if (!app) process.exit(0);
    console.log(`parley: ready on ${app.url}`);
    if (app.firstAccountUrl) console.log(`parley: make the first account at ${app.firstAccountUrl}`);
    const signal = await stopped;
    log.info({ signal }, 'stopping');
    void nextSignal().then(() => process.exit(1));
    await app.close();
    return 0;
  } catch (error) {
    console.error(`parley: ${(error as Error).message}`);
    log.fatal({ reason: (error as Error).message, stack: (error as Error).stack }, 'stopped by an error');
    const code = error instanceof ConfigError ? EX_CONFIG : 1;
    // What a library has left open must not keep alive what did not start.
    setTimeout(() => process.exit(code), LEFT_OPEN_MS).unref();
    return code;
  }
}

function readConfig(): Config | undefined {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(`parley: ${error.message}`);
    return undefined;
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const settle = (signal: NodeJS.Signals) => {
      process.off('SIGTERM', settle).off('SIGINT', settle);
      resolve(signal);
    };
    process.on('SIGTERM', settle).on('SIGINT', settle);
  });
}
