import { Command } from 'commander';
import { shown } from '../terminal/report.ts';
import {
  callOperator,
  OperatorCallError,
  type OperatorTarget,
  withOperatorTarget,
} from './operator-client.ts';

/** The answer of `GET /v1/operator/audit/verify`. */
interface Verification {
  readonly ok: boolean;
  readonly sequence: number;
  readonly hash: string;
  readonly fault?: { readonly sequence: number; readonly kind: string; readonly detail: string };
}

type Options = OperatorTarget & { readonly expect?: string; readonly environment?: string };

/** What `parley audit verify` exits with. */
const EXIT = { intact: 0, fault: 1, notRun: 2 } as const;

export const auditCommand = (): Command =>
  new Command('audit').addCommand(
    withOperatorTarget(new Command('verify'))
      .description('check that no entry of the log was altered, removed or moved')
      .option(
        '--expect <sequence:hash>',
        'the end that an earlier check printed, or an entry of the server log',
      )
      .option('--environment <name>', 'the log of an environment with a database of its own: EU1')
      .action(async (options: Options) => {
        process.exitCode = await verify(options);
      }),
  );

async function verify({ expect, environment, ...target }: Options): Promise<number> {
  try {
    const query = new URLSearchParams({
      ...(expect !== undefined && { expect }),
      ...(environment !== undefined && { environment }),
    });
    const { ok, fault, sequence, hash } = await callOperator<Verification>(target, `/audit/verify?${query}`);
    if (ok) console.log(`intact up to ${sequence}:${hash}`);
    else console.log(`fault at entry ${fault?.sequence} (${fault?.kind}): ${shown(fault?.detail ?? '')}`);
    return ok ? EXIT.intact : EXIT.fault;
  } catch (error) {
    if (!(error instanceof OperatorCallError)) throw error;
    console.error(`parley: ${error.message}`);
    return EXIT.notRun;
  }
}
