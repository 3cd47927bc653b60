import { type Case, numbered } from '../case.ts';
import { all, fault, refused, status } from '../expect.ts';
import { mint, mintedKey } from '../set-up.ts';
import type { Target, Verdict } from '../target.ts';
import { apiKey } from '../twins.ts';
import { bearer, JSON_TYPE } from '../wire/client.ts';

/** A key made for this, in the project of the first key that the management token sees. */
export async function makeKey(target: Target): Promise<{ key: string; id: string }> {
  const answer = await target.ask('/v1/api-keys', {
    method: 'POST',
    key: target.managementToken,
    headers: [JSON_TYPE],
    body: JSON.stringify({ project_id: await someProject(target), name: 'parley doctor' }),
  });
  if (answer.status !== 201) throw new Error(`no API key was made (${answer.status})`);
  const { key_value, apikey_id } = JSON.parse(answer.body) as { key_value: string; apikey_id: string };
  return { key: key_value, id: apikey_id };
}

async function someProject(target: Target): Promise<number> {
  const { body } = await target.ask('/v1/projects', { key: target.managementToken });
  const [first] = JSON.parse(body) as { project_id: number }[];
  if (!first) throw new Error('the management token sees no project');
  return first.project_id;
}

async function revokedWithChildren(target: Target): Promise<Verdict> {
  const { key, id } = await makeKey(target);
  const children = await Promise.all([mint(target, key, {}), mint(target, key, { client_ref: 'USER123' })]);
  const all3 = [key, ...children.map((answer) => mintedKey(answer) ?? '')];
  const before = await Promise.all(all3.map((one) => target.ask('/v2/jobs', { key: one })));
  const revoked = await target.ask(`/v1/api-keys/${id}?wait=20`, {
    method: 'DELETE',
    key: target.managementToken,
  });
  const after = await Promise.all(all3.map((one) => target.ask('/v2/jobs', { key: one })));
  return all(
    ...before.map((answer) => status(answer, 200)),
    status(revoked, 200),
    ...after.map((answer) => refused(target, answer)),
  );
}

const SPRAYED = 400;

/** Many bad keys in a moment: refused or told to wait, and the good key is not locked out. */
async function spray(target: Target): Promise<Verdict> {
  const bytes = target.write('/v2/jobs', { headers: [bearer('none')] });
  const answers = await Promise.all(Array.from({ length: SPRAYED }, () => target.exchange(bytes)));
  const statuses = new Set(answers.flatMap((one) => one.answers.map((answer) => answer.status)));
  const odd = [...statuses].filter((one) => one !== 401 && one !== 429);
  return fault(odd.length > 0 || statuses.size === 0, `the statuses are: ${[...statuses].join(', ')}`);
}

/** T17 and T32: cases that end a key, or flood. */
export const ending: readonly Case[] = [
  ...numbered('T17', [
    {
      title: 'a revoked API key and the temporary keys it minted are refused',
      isSafe: false,
      needs: ['managementToken'],
      operation: 'GET /v1/projects',
      attack: revokedWithChildren,
      twin: apiKey,
    },
  ]),
  ...numbered('T32', [
    {
      title: `${SPRAYED} bad keys at once do not lock the good one out`,
      isSafe: false,
      attack: spray,
      twin: apiKey,
    },
  ]),
];
