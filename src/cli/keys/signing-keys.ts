import { Command } from 'commander';
import {
  callOperator,
  type OperatorTarget,
  orSayWhy,
  withOperatorTarget,
} from '../operator/operator-client.ts';
import { printJson } from '../terminal/report.ts';

type Options = OperatorTarget & { readonly json?: true };

/** The longest a receipt is waited for, in seconds. */
const RECEIPT_SECONDS = 10;

interface Revoked {
  readonly receipt: { readonly complete: boolean };
}

export const signingKeysCommand = (): Command =>
  new Command('signing-keys')
    .addCommand(
      command('rotate')
        .description('sign with a new key; temporary keys that are out stay valid until they expire')
        .action((options: Options) => orSayWhy(() => rotate(options))),
    )
    .addCommand(
      command('revoke')
        .description('for a key that was stolen: every temporary key it signed is over, and a new key signs')
        .argument('<kid>', 'as /.well-known/jwks.json names it')
        .action((kid: string, options: Options) => orSayWhy(() => revoke(kid, options))),
    );

const command = (name: string): Command =>
  withOperatorTarget(new Command(name)).option('--json', 'print the answer of the server');

async function rotate({ json, ...target }: Options): Promise<void> {
  const answer = await callOperator<{ kid: string }>(target, '/signing-keys/rotate', { method: 'POST' });
  if (json) printJson(answer);
  else console.log(`${answer.kid} signs from now on.`);
}

async function revoke(kid: string, { json, ...target }: Options): Promise<void> {
  const path = `/signing-keys/${encodeURIComponent(kid)}?wait=${RECEIPT_SECONDS}`;
  const answer = await callOperator<Revoked>(target, path, { method: 'DELETE' });
  if (json) printJson(answer);
  else if (answer.receipt.complete) console.log(`${kid} is revoked; no node accepts what it signed.`);
  else
    console.log(
      `${kid} is revoked; not every node has said so yet. Nodes that are cut off stop by themselves.`,
    );
}
