import { Command, Option } from 'commander';
import { callOperator, type OperatorTarget, orSayWhy, withOperatorTarget } from './operator-client.ts';

interface NewInvitation {
  readonly workspace: string;
  readonly role: string;
  readonly email?: string;
}

/** No mail is sent, so links are printed for whoever passes them on. */
export const accountsCommand = (): Command =>
  new Command('accounts')
    .addCommand(
      withOperatorTarget(new Command('invite'))
        .description('print a link that lets one person into a workspace')
        .requiredOption('--workspace <workspace-id>', 'the workspace')
        .addOption(
          new Option('--role <role>', 'what they may do').choices(['admin', 'member']).default('admin'),
        )
        .option('--email <address>', 'the only address that may use the link')
        .action((options: OperatorTarget & NewInvitation) => orSayWhy(() => invite(options))),
    )
    .addCommand(
      withOperatorTarget(new Command('reset-password'))
        .description('print a link with which a person sets a new password')
        .argument('<email>')
        .action((email: string, options: OperatorTarget) => orSayWhy(() => resetPassword(email, options))),
    );

async function invite({ workspace, role, email, ...target }: OperatorTarget & NewInvitation): Promise<void> {
  const path = `/workspaces/${encodeURIComponent(workspace)}/invitations`;
  const body = { role, ...(email !== undefined && { email }) };
  const made = await callOperator<{ url: string; expires_at: string }>(target, path, {
    method: 'POST',
    body,
  });
  console.error(`Good once, until ${made.expires_at}:`);
  console.log(made.url);
}

async function resetPassword(email: string, target: OperatorTarget): Promise<void> {
  const made = await callOperator<{ url: string }>(target, '/password-resets', {
    method: 'POST',
    body: { email },
  });
  console.error('Good once, within a day:');
  console.log(made.url);
}
