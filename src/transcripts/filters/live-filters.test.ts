import { getPriority } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { FilterConfig } from './filters.ts';
import { createLiveFilters, type LiveFilters } from './live-filters.ts';
import { contentsOf, sentenceOf } from './sentence.fixture.ts';

const replacing = (from: string, to: string): FilterConfig => ({
  transcript_filtering_config: { replacements: [{ from, to }] },
});
const entities: FilterConfig = { enable_entities: true };

const opened: LiveFilters[] = [];
const open = (options?: Parameters<typeof createLiveFilters>[0]) => {
  const filters = createLiveFilters(options);
  opened.push(filters);
  return filters;
};
afterEach(() => Promise.all(opened.splice(0).map((filters) => filters.close())));

const filtered = async (filters: LiveFilters, text: string, config: FilterConfig) =>
  contentsOf((await filters.filter(sentenceOf(text), config, 'en')).items);

describe('what does not take long', () => {
  it('is done without a process', async () => {
    const filters = open();
    const config: FilterConfig = {
      ...replacing('yes', 'no'),
      punctuation_overrides: { permitted_marks: ['.'] },
    };
    expect(await filtered(filters, 'Well , yes .', config)).toBe('Well no .');
    const german = await filters.filter(sentenceOf('zwanzig'), entities, 'de', { hold: true });
    expect(german).toEqual({ items: sentenceOf('zwanzig'), held: [] });
    expect(await filters.filter([], entities, 'en')).toEqual({ items: [], held: [] });
    expect(filters.pid).toBeUndefined();
  });

  it('depends on the language a config is used with', async () => {
    const filters = open();
    const config = {};
    for (const [language, tags] of [
      ['en', ['disfluency']],
      ['de', undefined],
      ['en', ['disfluency']],
    ] as const) {
      const { items } = await filters.filter(sentenceOf('um'), config, language);
      expect(items[0]?.tags).toEqual(tags);
    }
  });

  it('refuses a word that becomes too long', async () => {
    const tooLong = replacing('/./', 'x'.repeat(1_000));
    await expect(filtered(open(), 'ab', tooLong)).rejects.toMatchObject({
      code: 'job_rejected',
      detail: expect.stringContaining('longer than 1000'),
    });
  });
});

describe('what takes long', () => {
  it('is done for all configs by one process of low priority, in order', async () => {
    const filters = open();
    const configs = Array.from({ length: 5 }, (_, index) => replacing('/o/', `${index}`));
    const done: string[] = [];
    const ask = async (word: string, config: FilterConfig) => {
      done.push(await filtered(filters, word, config));
    };
    await Promise.all([
      ask('twenty', entities),
      ...configs.flatMap((config) => [ask('one', config), ask('two', config)]),
    ]);
    expect(done).toEqual(['20', ...configs.flatMap((_, index) => [`${index}ne`, `tw${index}`])]);
    const { pid = 0 } = filters;
    expect(getPriority(pid)).toBe(10);
    expect(await filtered(filters, 'one two', configs[3] ?? {})).toBe('3ne tw3');
    expect(filters.pid).toBe(pid);
  });

  it('is right for more configs than the process remembers', async () => {
    const filters = open();
    const configs = Array.from({ length: 600 }, (_, index) => replacing('/o/', `${index}`));
    const ask = (some: readonly FilterConfig[]) =>
      Promise.all(some.map((config) => filtered(filters, 'one', config)));
    const expected = configs.map((_, index) => `${index}ne`);
    expect(await ask(configs)).toEqual(expected);
    expect(await ask(configs.toReversed())).toEqual(expected.toReversed());
  });

  it('fails when its process dies, and is done by a new one next', async () => {
    const filters = open();
    const config = replacing('/o/', '0');
    await filtered(filters, 'one', config);
    const { pid = 0 } = filters;
    // It shall have answered nothing when it dies.
    process.kill(pid, 'SIGSTOP');
    const dying = filtered(filters, 'two', config);
    const waiting = filtered(filters, 'four', config);
    process.kill(pid, 'SIGKILL');
    await expect(dying).rejects.toThrow('the process of the text filters ended early (SIGKILL)');
    expect(await waiting).toBe('f0ur');
    expect(await filtered(filters, 'one', config)).toBe('0ne');
    expect(filters.pid).not.toBe(pid);
  });

  it('fails when it takes longer than it may, and what waits behind it is tried without it', async () => {
    const filters = open({ timeLimitMs: 50 });
    // No process starts in so short a time, the second one neither.
    const slow = ['one', 'two'].map((word) => filtered(filters, word, replacing('/o/', '0')));
    const results = await Promise.allSettled(slow);
    expect(results.map((result) => result.status === 'rejected' && result.reason.message)).toEqual(
      slow.map(() => 'the process of the text filters took too long'),
    );
    expect(filters.pid).toBeUndefined();
  });

  it('tells of a failure where it happened, without the words, and goes on', async () => {
    const filters = open();
    const config = replacing('/o/', '0');
    await filtered(filters, 'one', config);
    const { pid } = filters;
    const broken = [{ ...sentenceOf('secret')[0], content: undefined }] as never;
    const failing = filters.filter(broken, config, 'en');
    await expect(failing).rejects.toThrow(/^the text filters failed: TypeError at .*\.ts/);
    expect(await filtered(filters, 'one', config)).toBe('0ne');
    expect(filters.pid).toBe(pid);
  });

  it('ends when it is closed, with its process', async () => {
    const filters = open();
    const config = replacing('/o/', '0');
    await filtered(filters, 'one', config);
    const { pid = 0 } = filters;
    const failing = filtered(filters, 'two', config);
    const closed = filters.close();
    await expect(failing).rejects.toThrow('closed');
    await closed;
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(filtered(filters, 'one', config)).rejects.toThrow('closed');
    await filters.close();
  });
});

it.each(['o', '/o/'])('reads a config once, with the replacement %s', async (from) => {
  const filters = open();
  const replacement = { from, to: '0' };
  const config = { transcript_filtering_config: { replacements: [replacement] } };
  expect(await filtered(filters, 'o', config)).toBe('0');
  replacement.to = '1';
  expect(await filtered(filters, 'o o', config)).toBe('0 0');
});

describe('a value that may still grow', () => {
  it('is held back as it was said, until more has come', async () => {
    const filters = open();
    const [first, second] = [
      sentenceOf('Um , in May nineteen ninety'),
      sentenceOf('Um , in May nineteen ninety six , yes').slice(6),
    ];
    const config = { ...entities, transcript_filtering_config: { remove_disfluencies: true } };
    const piece = await filters.filter(first, config, 'en', { hold: true });
    expect(contentsOf(piece.items)).toBe('In');
    expect(piece.held).toEqual(first.slice(3));
    const next = await filters.filter([...piece.held, ...second], config, 'en', { hold: true });
    expect(contentsOf(next.items)).toBe('May 1996 , yes');
    expect(next.held).toEqual([]);
    const last = await filters.filter(first, config, 'en');
    expect(contentsOf(last.items)).toBe('In May 1990');
    expect(last.held).toEqual([]);
  });
});
