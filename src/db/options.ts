import { type Option, OptionError, optionalText } from '../base/option.ts';

export function postgresUrl(option: { env: string; doc: string }): Option<string | undefined> {
  const parse = (text: string) => {
    // The value may hold a password, so the sentence does not repeat it.
    if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
      throw new OptionError('must look like postgres://user:password@host:port/database');
    }
    return text;
  };
  return { ...optionalText(option), parse };
}

export const dbOptions = {
  url: postgresUrl({
    env: 'PARLEY_DATABASE_URL',
    doc: 'PostgreSQL 15 or later, as `postgres://user:password@host:port/database`. Unset: PostgreSQL runs embedded, under the data directory. The connection must be direct, not through a transaction pooler.',
  }),
};
