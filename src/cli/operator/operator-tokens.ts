import { Command } from 'commander';
import { printJson, printTable, shown } from '../terminal/report.ts';
import { withConfig } from '../terminal/with-config.ts';
import { callOperator, type OperatorTarget, orSayWhy, withOperatorTarget } from './operator-client.ts';

/** An operator token as the operator API shows it. */
interface OperatorToken {
  readonly token_id: string;
  readonly name: string;
  readonly created_at: string;
}

interface CreatedToken {
  readonly token_id: string;
  readonly token_value: string;
}

type Json = { readonly json?: true };
type Named = { readonly name: string };
type Options = OperatorTarget & Json;

const PATH = '/tokens';

export const operatorTokensCommand = (): Command =>
  new Command('operator-tokens')
    .addCommand(
      named(command('create'))
        .description('create a token and print it: it is shown here and never again')
        .action((options: Options & Named) => orSayWhy(() => create(options))),
    )
    .addCommand(
      command('list')
        .description('list the tokens, newest first')
        .action((options: Options) => orSayWhy(() => list(options))),
    )
    .addCommand(
      command('revoke')
        .description('end a token, also the one that is used; the last one stays')
        .argument('<token-id>')
        .action((id: string, options: Options) => orSayWhy(() => revoke(id, options))),
    )
    .addCommand(
      named(json(new Command('recover')))
        .description(
          'create a token without one, when all are lost: with the settings of a control node, its database and its pepper. The server of an embedded database must be stopped first',
        )
        .action((options: Json & Named) => recover(options)),
    );

const json = (to: Command): Command => to.option('--json', 'print the answer as JSON');
const command = (name: string): Command => json(withOperatorTarget(new Command(name)));
const named = (to: Command): Command => to.requiredOption('--name <name>', 'what the token is for');

async function create({ json, name, ...target }: Options & Named): Promise<void> {
  show(await callOperator<CreatedToken>(target, PATH, { method: 'POST', body: { name } }), { json });
}

async function list({ json, ...target }: Options): Promise<void> {
  const tokens = await callOperator<OperatorToken[]>(target, PATH);
  if (json) return printJson(tokens);
  printTable(
    ['TOKEN', 'CREATED', 'NAME'],
    tokens.map((one) => [one.token_id, one.created_at, shown(one.name)]),
  );
}

async function revoke(id: string, { json, ...target }: Options): Promise<void> {
  const answer = await callOperator<object>(target, `${PATH}/${encodeURIComponent(id)}`, {
    method: 'DELETE',
  });
  if (json) printJson(answer);
  else console.log(`Token ${id} is revoked.`);
}

const recover = ({ json, name }: Json & Named): Promise<void> =>
  withConfig(async (config) => {
    const { recoverOperatorToken } = await import('../../app/operator/recover-token.ts');
    const { tokenId, secret } = await recoverOperatorToken(config, name);
    show({ token_value: secret, token_id: tokenId }, { json });
  });

/** The token alone on standard output, so that it can go into a file. */
function show(created: CreatedToken, { json }: { json: true | undefined }): void {
  if (json) printJson(created);
  else {
    console.error(`Token ${created.token_id}; it is shown here and never again:`);
    console.log(created.token_value);
  }
}
