import { Command } from 'commander';
import { printJson, printTable, shown } from '../terminal/report.ts';
import { callOperator, type OperatorTarget, orSayWhy, withOperatorTarget } from './operator-client.ts';

/** A management token as the operator API shows it. */
interface ManagementToken {
  readonly token_id: string;
  readonly name: string;
  readonly permissions: readonly string[];
  readonly created_at: string;
}

type Options = OperatorTarget & { readonly workspace: string; readonly json?: true };
type NewToken = { readonly name: string; readonly permission: readonly string[] };

export const tokensCommand = (): Command =>
  new Command('tokens')
    .addCommand(
      command('create')
        .description('create a token and print it: it is shown here and never again')
        .requiredOption('--name <name>', 'what the token is for')
        .requiredOption(
          '--permission <permission>',
          'projects:view, projects:manage, api-keys:view, api-keys:create or api-keys:delete; repeat it for more',
          (one: string, earlier: readonly string[] = []) => [...earlier, one],
        )
        .action((options: Options & NewToken) => orSayWhy(() => create(options))),
    )
    .addCommand(
      command('list')
        .description('list the tokens of a workspace, newest first')
        .action((options: Options) => orSayWhy(() => list(options))),
    )
    .addCommand(
      command('revoke')
        .description('end a token')
        .argument('<token-id>')
        .action((id: string, options: Options) => orSayWhy(() => revoke(id, options))),
    );

const command = (name: string): Command =>
  withOperatorTarget(new Command(name))
    .requiredOption('--workspace <workspace-id>', 'the workspace')
    .option('--json', 'print the answer of the server');

const pathOf = (workspace: string): string =>
  `/workspaces/${encodeURIComponent(workspace)}/management-tokens`;

async function create({ workspace, json, name, permission, ...target }: Options & NewToken): Promise<void> {
  const created = await callOperator<{ token_id: string; token_value: string }>(target, pathOf(workspace), {
    method: 'POST',
    body: { name, permissions: permission },
  });
  if (json) return printJson(created);
  console.error(`Token ${created.token_id}; it is shown here and never again:`);
  console.log(created.token_value);
}

async function list({ workspace, json, ...target }: Options): Promise<void> {
  const tokens = await callOperator<ManagementToken[]>(target, pathOf(workspace));
  if (json) return printJson(tokens);
  printTable(
    ['TOKEN', 'CREATED', 'PERMISSIONS', 'NAME'],
    tokens.map((one) => [one.token_id, one.created_at, one.permissions.join(','), shown(one.name)]),
  );
}

async function revoke(id: string, { workspace, json, ...target }: Options): Promise<void> {
  const path = `${pathOf(workspace)}/${encodeURIComponent(id)}`;
  const answer = await callOperator<object>(target, path, { method: 'DELETE' });
  if (json) printJson(answer);
  else console.log(`Token ${id} is revoked.`);
}
