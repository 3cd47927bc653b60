import { optionalText } from '../base/option.ts';

export const dbOptions = {
  url: optionalText({
    env: 'PARLEY_DATABASE_URL',
    doc: 'PostgreSQL 15 or later, as `postgres://user:password@host:port/database`. Unset: PostgreSQL runs embedded, under the data directory. The connection must be direct, not through a transaction pooler.',
  }),
};
