import { describe, expect, it, onTestFinished } from 'vitest';
import { repeat } from './repeat.ts';

describe('work that is repeated', () => {
  it('is done at once and again, also after a turn that failed', async () => {
    const errors: string[] = [];
    let turns = 0;
    const repeated = repeat(
      1,
      async () => {
        turns += 1;
        if (turns === 1) throw new Error('first');
      },
      ({ message }) => errors.push(message),
    );
    onTestFinished(() => repeated.stop());
    expect(turns).toBe(1);
    await expect.poll(() => turns).toBeGreaterThan(2);
    expect(errors).toEqual(['first']);
  });

  it('is stopped once the turn under way is over, however long the pause', async () => {
    let isOver = false;
    let finish = () => {};
    const turn = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const work = async () => {
      await turn;
      isOver = true;
    };
    const repeated = repeat(3_600_000, work, () => {});
    const stopping = repeated.stop();
    setImmediate(finish);
    await stopping;
    expect(isOver).toBe(true);
  });
});
