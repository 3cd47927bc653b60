import { describe, expect, it } from 'vitest';
import { applyFilters } from './apply-filters.ts';
import type { FilterConfig } from './filters.ts';
import { contentsOf, sentenceOf } from './sentence.fixture.ts';

const NEVER = new AbortController().signal;
const channels = [sentenceOf('Um , twenty dollars .'), sentenceOf('Yes .')];
const apply = (config: FilterConfig, signal = NEVER) =>
  applyFilters({ channels, config, language: 'en' }, signal);
const replacing = (from: string, to: string): FilterConfig => ({
  transcript_filtering_config: { replacements: [{ from, to }] },
});

describe('applyFilters', () => {
  it('filters each channel, here or in a process of its own', async () => {
    expect((await apply(replacing('Yes', 'No'))).map(contentsOf)).toEqual(['Um , twenty dollars .', 'No .']);
    expect((await apply({ ...replacing('/e/', 'x'), enable_entities: true })).map(contentsOf)).toEqual([
      'Um , $20 .',
      'Yxs .',
    ]);
  });

  it('passes on the refusal of a replacement', async () => {
    const filtering = apply(replacing('/./', 'x'.repeat(1_000)));
    await expect(filtering).rejects.toMatchObject({
      code: 'job_rejected',
      detail: expect.stringContaining('longer than 1000'),
    });
  });

  it('throws the reason when it is aborted, before or while it filters', async () => {
    const reason = new Error('enough');
    await expect(apply({ enable_entities: true }, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const filtering = apply({ enable_entities: true }, stop.signal);
    setImmediate(() => stop.abort(reason));
    await expect(filtering).rejects.toBe(reason);
  });
});
