import { Command, InvalidArgumentError, Option } from 'commander';
import { printJson, printTable, shown } from '../terminal/report.ts';
import { callOperator, type OperatorTarget, orSayWhy, withOperatorTarget } from './operator-client.ts';

/** A workspace as the operator API shows it. */
interface Workspace {
  readonly workspace_id: string;
  readonly name: string;
  readonly customer_type: string;
  readonly regions: readonly string[];
  readonly temporary_keys_enabled: boolean;
  readonly max_running_jobs: number | null;
  readonly max_sessions: number | null;
  readonly monthly_audio_hours: number | null;
  readonly created_at: string;
}

interface Terms {
  readonly name?: string;
  readonly customerType?: string;
  readonly region?: readonly string[];
  readonly temporaryKeys?: 'enabled' | 'disabled';
  readonly maxRunningJobs?: Quota;
  readonly maxSessions?: Quota;
  readonly monthlyAudioHours?: Quota;
}

type Quota = number | 'none';
type Options = OperatorTarget & { readonly json?: true };

export const workspacesCommand = (): Command =>
  new Command('workspaces')
    .addCommand(
      command('list')
        .description('list all workspaces, oldest first')
        .action((options: Options) => orSayWhy(() => list(options))),
    )
    .addCommand(
      command('show')
        .description('show a workspace')
        .argument('<workspace-id>')
        .action((id: string, options: Options) => orSayWhy(() => show(id, options))),
    )
    .addCommand(
      withTerms(command('create'), { nameRequired: true })
        .description('create a workspace with its default project')
        .action((options: Options & Terms) => orSayWhy(() => create(options))),
    )
    .addCommand(
      withTerms(command('change'))
        .description('change what a workspace may do, on every node')
        .argument('<workspace-id>')
        .action((id: string, options: Options & Terms) => orSayWhy(() => change(id, options))),
    );

const command = (name: string): Command =>
  withOperatorTarget(new Command(name)).option('--json', 'print the answer of the server');

const withTerms = (of: Command, { nameRequired = false } = {}): Command =>
  of
    .addOption(new Option('--name <name>', 'name of the customer').makeOptionMandatory(nameRequired))
    .addOption(
      new Option('--customer-type <type>', 'which endpoints it may use').choices(['on-demand', 'enterprise']),
    )
    .option('--region <region>', 'a contracted region; repeat it for more', collect)
    .addOption(
      new Option('--temporary-keys <state>', 'whether an enterprise workspace may mint').choices([
        'enabled',
        'disabled',
      ]),
    )
    .option('--max-running-jobs <number>', 'unfinished jobs at once; none: no quota of its own', quota)
    .option('--max-sessions <number>', 'real-time sessions at once; none: no quota of its own', quota)
    .option('--monthly-audio-hours <number>', 'hours of audio a month; none: no quota', quota);

const collect = (region: string, earlier: readonly string[] = []): readonly string[] => [...earlier, region];

/** What is in bounds, the server knows. */
function quota(text: string): Quota {
  if (text === 'none') return text;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It is a number or none.');
  return Number(text);
}

const bodyOf = (terms: Terms): object => ({
  name: terms.name,
  customer_type: terms.customerType,
  regions: terms.region,
  temporary_keys_enabled: terms.temporaryKeys && terms.temporaryKeys === 'enabled',
  max_running_jobs: orNull(terms.maxRunningJobs),
  max_sessions: orNull(terms.maxSessions),
  monthly_audio_hours: orNull(terms.monthlyAudioHours),
});

const orNull = (of: Quota | undefined): number | null | undefined => (of === 'none' ? null : of);

async function list({ json, ...target }: Options): Promise<void> {
  const workspaces = await callOperator<Workspace[]>(target, '/workspaces');
  if (json) return printJson(workspaces);
  printTable(
    ['WORKSPACE', 'CUSTOMER TYPE', 'REGIONS', 'NAME'],
    workspaces.map((one) => [one.workspace_id, one.customer_type, one.regions.join(','), shown(one.name)]),
  );
}

async function show(id: string, { json, ...target }: Options): Promise<void> {
  const workspace = await callOperator<Workspace>(target, pathOf(id));
  if (json) printJson(workspace);
  else describe(workspace);
}

async function create({ json, url, tokenFile, ...terms }: Options & Terms): Promise<void> {
  const created = await callOperator<{ workspace: Workspace; project_id: number }>(
    { url, tokenFile },
    '/workspaces',
    { method: 'POST', body: bodyOf(terms) },
  );
  if (json) return printJson(created);
  describe(created.workspace);
  console.log(`default project      ${created.project_id}`);
}

async function change(id: string, { json, url, tokenFile, ...terms }: Options & Terms): Promise<void> {
  const changed = await callOperator<{ workspace: Workspace; receipt: { complete: boolean } }>(
    { url, tokenFile },
    `${pathOf(id)}?wait=10`,
    { method: 'PATCH', body: bodyOf(terms) },
  );
  if (json) return printJson(changed);
  describe(changed.workspace);
  if (!changed.receipt.complete) console.log('Not every node has confirmed the change yet.');
}

const pathOf = (id: string): string => `/workspaces/${encodeURIComponent(id)}`;

function describe(workspace: Workspace): void {
  console.log(`workspace            ${workspace.workspace_id}
name                 ${shown(workspace.name)}
customer type        ${workspace.customer_type}
regions              ${workspace.regions.join(', ')}
temporary keys       ${workspace.temporary_keys_enabled ? 'enabled' : 'disabled'}
max running jobs     ${workspace.max_running_jobs ?? 'none'}
max sessions         ${workspace.max_sessions ?? 'none'}
monthly audio hours  ${workspace.monthly_audio_hours ?? 'none'}
created              ${workspace.created_at}`);
}
