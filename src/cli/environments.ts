import { Command } from 'commander';
import { printJson, printTable } from './terminal/report.ts';
import { withConfig } from './terminal/with-config.ts';

const load = () => import('../app/environments/environments.ts');

/** The exit code of `status` when an environment does not hear of changes. */
const NOT_WELL = 1;
/** Heartbeats come five times a second. */
const LATE_SECONDS = 5;

export const environmentsCommand = (): Command =>
  new Command('environments')
    .addCommand(
      new Command('init')
        .description(
          'let the database of an environment follow the control database, or mend what has broken; may be repeated',
        )
        .argument('<name>', 'as the topology spells it: EU1')
        .action((name: string) =>
          withConfig(async (config) => (await load()).init(config, name.toUpperCase(), console.log)),
        ),
    )
    .addCommand(
      new Command('status')
        .description('which environments follow, how far behind they are, and what is kept for them')
        .option('--json', 'print it as JSON')
        .action((options: { json?: true }) => withConfig((config) => status(config, options))),
    )
    .addCommand(
      new Command('remove')
        .description(
          'let an environment go, also one whose database is gone: nothing is kept for it any more',
        )
        .argument('<name>', 'as the topology spells it: EU1')
        .action((name: string) =>
          withConfig(async (config) => {
            await (await load()).remove(config, name.toUpperCase());
            console.log(`${name.toUpperCase()} is no environment with a database of its own any more.`);
          }),
        ),
    );

async function status(
  config: Parameters<Awaited<ReturnType<typeof load>>['status']>[0],
  { json }: { json?: true },
) {
  const environments = await (await load()).status(config);
  const isWell = environments.every(
    ({ lagSeconds, hasMissedChanges, slot }) =>
      lagSeconds !== null &&
      lagSeconds < LATE_SECONDS &&
      !hasMissedChanges &&
      slot !== null &&
      slot.walStatus !== 'lost',
  );
  if (json) printJson(environments);
  else {
    printTable(
      ['environment', 'region', 'behind', 'last answer', 'slot', 'kept for it'],
      environments.map(({ environment, region, changesBehind, lagSeconds, hasMissedChanges, slot }) => [
        environment,
        region,
        hasMissedChanges ? 'copy it anew' : changesBehind === null ? 'unknown' : `${changesBehind} changes`,
        lagSeconds === null ? 'never' : `${lagSeconds.toFixed(1)} s ago`,
        slot === null ? 'gone' : slot.isActive ? slot.walStatus : `${slot.walStatus}, not read`,
        slot === null ? '' : `${(slot.retainedBytes / 2 ** 20).toFixed(1)} MB`,
      ]),
    );
  }
  return isWell ? undefined : NOT_WELL;
}
