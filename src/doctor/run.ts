import type { Case, Need } from './case.ts';
import type { Target, Verdict } from './target.ts';

export interface Outcome {
  readonly id: string;
  readonly title: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  /** Why it failed or was left out. */
  readonly reasons: readonly string[];
}

const NAME_OF_NEED: Readonly<Record<Need, string>> = {
  managementToken: 'a management token',
  operatorToken: 'an operator token',
  otherProjectKey: 'the key of another project',
  limitedKeys: 'temporary keys with limits',
  realtime: 'real-time sessions',
};

/** Why a case cannot be run against this target; `undefined` when it can. */
function reasonToSkip({ needs, operation }: Case, target: Target): string | undefined {
  if (operation !== undefined && !target.operations.some(({ name }) => name === operation)) {
    return `not offered: ${operation}`;
  }
  const missing = needs.find((need) => target[need] === undefined);
  return missing && `needs ${NAME_OF_NEED[missing]}`;
}

/** The attack, then the twin: so the twin also shows that the server still stands. */
export async function runCase(one: Case, target: Target): Promise<Outcome> {
  const { id, title } = one;
  const skipped = reasonToSkip(one, target);
  if (skipped !== undefined) return { id, title, state: 'skipped', reasons: [skipped] };
  const reasons = [
    ...(await verdictOf('attack', () => one.attack(target))),
    ...(await verdictOf('twin', () => one.twin(target))),
  ];
  return { id, title, state: reasons.length === 0 ? 'passed' : 'failed', reasons };
}

async function verdictOf(which: string, act: () => Promise<Verdict>): Promise<Verdict> {
  const verdict = await act().catch((error: Error) => [`could not be made: ${error.message}`]);
  return verdict.map((sentence) => `${which}: ${sentence}`);
}

const CONCURRENCY = 8;

/** Runs all, several at a time, and resolves to one outcome per case in the order of the cases. */
export async function runCases(cases: readonly Case[], target: Target): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const queue = cases.entries();
  const work = async () => {
    for (const [index, one] of queue) outcomes[index] = await runCase(one, target);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return outcomes;
}
