import type { Target, Verdict } from './target.ts';

/** What not every run has. */
export type Need = 'managementToken' | 'operatorToken' | 'otherProjectKey' | 'limitedKeys' | 'realtime';

/**
 * An attack and its legitimate twin. It is passed only when the attack fails and the twin succeeds: a server that
 * refuses everybody withstands no attack. Cases do not depend on each other or on their order.
 */
export interface Case {
  /** The pitfall's number, and that of the case within it: `T1.03`. */
  readonly id: string;
  readonly title: string;
  /** Leaves nothing behind but jobs it deletes itself; no flood, no revocation. */
  readonly isSafe: boolean;
  readonly needs: readonly Need[];
  /** The operation it is about, where not every server has it. */
  readonly operation?: string;
  /** Makes the hostile requests; a verdict of nothing means that they failed as they should. */
  attack(target: Target): Promise<Verdict>;
  /** Makes the legitimate counterpart, which must succeed. */
  twin(target: Target): Promise<Verdict>;
}

export type CaseRow = Omit<Case, 'id' | 'isSafe' | 'needs'> & Partial<Pick<Case, 'isSafe' | 'needs'>>;

/** Numbers the rows of one pitfall; safe and without needs unless a row says otherwise. */
export const numbered = (pitfall: string, rows: readonly CaseRow[]): Case[] =>
  rows.map((row, index) => ({
    isSafe: true,
    needs: [],
    ...row,
    id: `${pitfall}.${String(index + 1).padStart(2, '0')}`,
  }));
