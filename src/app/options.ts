import { choice, integer, text } from '../base/option.ts';

export const appOptions = {
  dataDir: text({
    env: 'PARLEY_DATA_DIR',
    doc: 'Directory of everything that is kept: the embedded database, audio, transcripts, the pepper. Processes of one PostgreSQL that serve the same environment share it; a job is run only where its audio is.',
    default: './data',
  }),
  logLevel: choice({
    env: 'PARLEY_LOG_LEVEL',
    doc: 'Least severe log lines that are written.',
    default: 'info',
    of: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
  }),
  stopSeconds: integer({
    env: 'PARLEY_STOP_SECONDS',
    doc: 'How long requests under way may take to finish after SIGTERM.',
    default: 10,
    min: 0,
    max: 600,
  }),
};
