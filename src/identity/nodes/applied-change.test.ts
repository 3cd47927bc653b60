import { describe, expect, it } from 'vitest';
import type { Change } from '../audit/change.ts';
import { SYSTEM } from '../audit/event.ts';
import { appliedHere } from './applied-change.ts';

const committed: Change = async (_actor, work) => ({
  value: await work(undefined as never, async () => {}),
  version: 7,
});
const make = (refresh: () => Promise<void>) =>
  appliedHere(committed, { refresh })(SYSTEM, async () => 'made');

describe('a change', () => {
  it('is told of when this node has applied it', async () => {
    let apply = () => {};
    let isTold = false;
    const change = make(() => new Promise((resolve) => (apply = resolve))).then((changed) => {
      isTold = true;
      return changed;
    });
    await new Promise(setImmediate);
    expect(isTold).toBe(false);
    apply();
    expect(await change).toEqual({ value: 'made', version: 7 });
  });

  it('is told of although the node cannot hear of it', async () => {
    expect(await make(() => Promise.reject(new Error('cut off')))).toEqual({ value: 'made', version: 7 });
    expect(await make(() => new Promise(() => {}))).toEqual({ value: 'made', version: 7 });
  });
});
