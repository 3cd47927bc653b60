import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { deadline, sleep } from './abort.ts';

const ended = ({ aborted, reason }: AbortSignal) => (aborted ? String((reason as Error).message) : 'not yet');

describe('a deadline', () => {
  it('aborts when its time is up, also after a collection of garbage', async () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const waiting = new Promise<void>((resolve) => {
      deadline(200, new AbortController().signal).signal.addEventListener('abort', () => resolve());
    });
    await sleep(20);
    collect();
    await waiting;
  });

  it('aborts with another, at once if that has already', () => {
    const other = new AbortController();
    const early = deadline(60_000, other.signal);
    expect(ended(early.signal)).toBe('not yet');
    other.abort(new Error('enough'));
    expect(ended(early.signal)).toBe('enough');
    const late = deadline(60_000, other.signal);
    expect(ended(late.signal)).toBe('enough');
    for (const one of [early, late]) one.end();
  });

  it('has its whole time again when it is restarted', async () => {
    const [restarted, other] = [deadline(50), deadline(50)];
    await sleep(20);
    restarted.restart();
    const seen = await new Promise((resolve) => {
      other.signal.addEventListener('abort', () => resolve(ended(restarted.signal)));
    });
    expect(seen).toBe('not yet');
    restarted.end();
  });

  it('lets go of who waits for it when it is ended', () => {
    const one = deadline(60_000);
    one.end();
    expect(one.signal.aborted).toBe(true);
  });
});
