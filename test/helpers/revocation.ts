import { type Customer, expectJson, type NewKey, send } from './management.ts';
import type { RunningServer } from './server.ts';

export interface WireReceipt {
  readonly version: number;
  readonly complete: boolean;
  readonly environments: readonly { readonly environment: string; readonly complete: boolean }[];
}

/** Revokes a key and returns the receipt, as it is when it is complete or the time is up. */
export async function revoke(
  server: RunningServer,
  { token }: Pick<Customer, 'token'>,
  { id }: NewKey,
  waitSeconds: number,
): Promise<WireReceipt> {
  const answer = send(server, token, 'DELETE', `/v1/api_keys/${id}?wait=${waitSeconds}`);
  return (await expectJson<{ receipt: WireReceipt }>(200, answer)).receipt;
}

/** Environments in a receipt, with whether they are done. */
export const statesOf = ({ environments }: WireReceipt): Record<string, boolean> =>
  Object.fromEntries(environments.map(({ environment, complete }) => [environment, complete]));
