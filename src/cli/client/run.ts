import os from 'node:os';
import { ClientError, EXIT } from './client-error.ts';

/**
 * Runs a command for users; when it does not do what was asked, says why. The first Ctrl-C (or SIGTERM) aborts the
 * signal it is given, with a `ClientError`; the second ends the process at once.
 */
export async function runClient(command: (interrupt: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    const exitCode = 128 + os.constants.signals[signal];
    if (interrupt.signal.aborted) process.exit(exitCode);
    interrupt.abort(new ClientError('interrupted', { exitCode }));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  process.stdout.on('error', endWithReader);
  try {
    await command(interrupt.signal);
    process.exitCode = EXIT.done;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    console.error(`parley: ${error.message}`);
    process.exitCode = error.exitCode;
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

/** `parley listen | head` ends as other programs do when nobody reads them. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(128 + os.constants.signals.SIGPIPE);
}
