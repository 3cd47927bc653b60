import { sql as raw } from 'kysely';

/**
 * Names of the environments that the node of a row `n` serves. It says so at its start, and an environment may have got a
 * database of its own since; those of another database serve its environment, whatever they say.
 */
export const servedEnvironments = raw<string[]>`
  case when n.origin = this_database()
    then array(select unnest(n.environments) except select environment from environments)
    else array(select r.environment from environment_receipts r where r.origin = n.origin) end`;
