import { all, holds, status } from './expect.ts';
import { mint } from './set-up.ts';
import type { EndUser, Target, Verdict } from './target.ts';
import { JSON_TYPE } from './wire/client.ts';
import { configPart, filePart } from './wire/form.ts';

/** A hundred cases with one twin would be a hundred requests that a customer's rate is spent on. */
const FRESH_MS = 200;

/** The genuine temporary key, where forged ones fail. */
export const genuineKey = (target: Target): Promise<Verdict> =>
  target.shared('genuine key', async () => listing(target, target.keys.user123), FRESH_MS);

export const apiKey = (target: Target): Promise<Verdict> =>
  target.shared('API key', async () => listing(target, target.apiKey), FRESH_MS);

const listing = async (target: Target, key: string): Promise<Verdict> =>
  status(await target.ask('/v2/jobs?limit=1', { key }), 200);

export const mints = (target: Target): Promise<Verdict> =>
  target.shared('mints', async () => status(await mint(target, target.apiKey, {}), 201), FRESH_MS);

export const mintsAt = async (target: Target, path: string): Promise<Verdict> => {
  const body = '{"ttl":60}';
  return status(
    await target.ask(path, { method: 'POST', key: target.apiKey, headers: [JSON_TYPE], body }),
    201,
  );
};

/** A good submission, and its end. */
export const submits = (target: Target): Promise<Verdict> =>
  target.shared('submits', async () => {
    const answer = await target.submit(target.apiKey, configPart(), filePart());
    const { id } = answer.status === 201 ? (JSON.parse(answer.body) as { id: string }) : {};
    if (id === undefined) return status(answer, 201);
    return holds(await target.ask(`/v2/jobs/${id}?wait=30`, { key: target.apiKey }), '"status":"done"');
  });

/** An end user deletes a job of their own. */
export const deletes = (target: Target, user: EndUser): Promise<Verdict> =>
  target.shared(`${user} deletes`, async () => {
    const key = target.keys[user];
    const answer = await target.submit(key, configPart(), filePart());
    const { id } = answer.status === 201 ? (JSON.parse(answer.body) as { id: string }) : {};
    if (id === undefined) return status(answer, 201);
    const deleted = await target.ask(`/v2/jobs/${id}?force=true`, { method: 'DELETE', key });
    return all(status(deleted, 200), holds(deleted, '"status":"deleted"'));
  });
