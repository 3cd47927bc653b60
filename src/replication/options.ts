import { postgresUrl } from '../db/options.ts';

/** Settings of `parley environments`; servers do not use them. */
export const replicationOptions = {
  environmentUrl: postgresUrl({
    env: 'PARLEY_ENVIRONMENT_DATABASE_URL',
    doc: 'For `parley environments`: PostgreSQL of the environment, beside `PARLEY_DATABASE_URL`, which is the control database; see [environments](environments.md).',
  }),
  environmentConnection: postgresUrl({
    env: 'PARLEY_ENVIRONMENT_CONNECTION',
    doc: 'For `parley environments`: how PostgreSQL of the control database reaches that of the environment, and as whom. Unset: as `PARLEY_ENVIRONMENT_DATABASE_URL`.',
  }),
  controlConnection: postgresUrl({
    env: 'PARLEY_CONTROL_CONNECTION',
    doc: 'For `parley environments`: how PostgreSQL of the environment reaches the control database, and as whom. Unset: as `PARLEY_DATABASE_URL`.',
  }),
};
