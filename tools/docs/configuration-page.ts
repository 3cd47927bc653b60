import type { Options } from '../../src/base/option.ts';
import { clientOptions } from '../../src/cli/options.ts';
import { OPTIONS } from '../../src/config/options.ts';

const TITLES: Readonly<Record<keyof typeof OPTIONS, string>> = {
  app: 'The server',
  http: 'Network',
  regions: 'Regions and environments',
  db: 'Database',
  replication: 'Environments with a database of their own',
  storage: 'Storage',
  identity: 'Keys',
  api: 'Rates',
  jobs: 'Jobs',
  realtime: 'Real time',
  net: 'Requests to others',
  audio: 'Audio',
  engines: 'Speech recognition',
  metrics: 'Metrics',
  tracing: 'Traces',
};

/** `docs/configuration.md`: every setting from its own declaration. */
export function configurationPage(): string {
  const sections = Object.entries(OPTIONS).map(([group, options]) =>
    section(TITLES[group as keyof typeof OPTIONS], options),
  );
  return `${HEAD}${[...sections, section('Commands for users', clientOptions)].join('\n\n')}\n`;
}

const section = (title: string, options: Options): string =>
  [`## ${title}`, '', ...TABLE, ...rows(options)].join('\n');

const TABLE = ['| variable | default | what it does |', '|---|---|---|'];

const rows = (options: Options): string[] =>
  Object.values(options).map(
    ({ env, defaultText, doc }) => `| \`${env}\` | ${shown(defaultText)} | ${doc} |`,
  );

const shown = (text: string | undefined): string => (text === undefined ? 'unset' : `\`${text}\``);

const HEAD = `<!-- Generated from the options.ts files by \`npm run docs\`; do not edit. -->

# Configuration

Settings are environment variables. None is required. An empty variable counts as unset; a value that makes no
sense, or a variable that begins with \`PARLEY_\` and is not listed here, stops the start with a sentence that names it.

`;
