import { choice, integer, type Option, OptionError, text } from '../base/option.ts';
import { NODE_ROLES, type NodeRole } from '../identity/nodes/roles.ts';

export const appOptions = {
  roles: {
    env: 'PARLEY_ROLES',
    doc: 'What this node does, separated by commas: `api` (Jobs API), `realtime` (real-time sessions), `worker` (runs queued jobs, fetches audio, makes callbacks, lets files expire), `control` (management, minting, the portal); see [nodes](nodes.md). Fewer than all need `PARLEY_DATABASE_URL`.',
    defaultText: NODE_ROLES.join(','),
    defaultValue: NODE_ROLES,
    parse: parseRoles,
  } satisfies Option<readonly NodeRole[]>,
  dataDir: text({
    env: 'PARLEY_DATA_DIR',
    doc: 'Directory of everything that is kept: the embedded database, audio, transcripts, the pepper. Processes of one PostgreSQL that serve the same environment share it, or a bucket; a job is run only where its audio is.',
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

function parseRoles(text: string): readonly NodeRole[] {
  const named = text.split(',').map((name) => name.trim());
  const roles = NODE_ROLES.filter((role) => named.includes(role));
  const wrong = named.find((name) => !NODE_ROLES.some((role) => role === name));
  if (wrong === undefined) return roles;
  throw new OptionError(`must list some of ${NODE_ROLES.join(', ')}, separated by commas, not "${wrong}"`);
}
