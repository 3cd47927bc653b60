import { describe, expect, it } from 'vitest';
import { findEntities } from './entities/entities.ts';
import { compileReplacements } from './replacements.ts';
import { contentsOf, sentenceOf } from './sentence.fixture.ts';

const replaced = (text: string, ...pairs: [from: string, to: string][]) =>
  contentsOf(compileReplacements(pairs.map(([from, to]) => ({ from, to })))(sentenceOf(text)));

describe('compileReplacements', () => {
  it.each<[string, string, ...[from: string, to: string][]]>([
    ['foo food Foo .', 'bar food Foo .', ['foo', 'bar']],
    ['Hello hello hellos', 'bye bye hellos', ['/^[hH]ello$/', 'bye']],
    ['cheeses', '[cheese]s', ['/(cheese)/', '[$1]']],
    ['banana', 'bonono', ['/a/', 'o']],
    ['card 1234', 'card ****', ['/[0-9]/', '*']],
    ['état', 'x', ['/^\\p{L}+$/', 'x']],
    ['a b', '$1 $$', ['a', '$1'], ['b', '$$']],
    ['one two', 'two', ['one', '']],
    ['a/b', 'x', ['a/b', 'x']],
  ])('makes of "%s" "%s"', (text, expected, ...pairs) => {
    expect(replaced(text, ...pairs)).toBe(expected);
  });

  it('takes the plain ones first, then the first expression that matches, and no second one', () => {
    expect(replaced('cat', ['/c/', 'C'], ['cat', 'dog'], ['dog', 'cow'], ['cat', 'pig'])).toBe('dog');
    expect(replaced('cat', ['/x/', 'X'], ['/a/', 'A'], ['/t/', 'T'], ['/A/', 'B'])).toBe('cAt');
  });

  it('leaves marks alone', () => {
    expect(replaced('so , yes .', ['/[.,]/', 'x'], ['.', '!'])).toBe('so , yes .');
  });

  it('replaces both forms of an entity', () => {
    const replace = compileReplacements([
      { from: '/\\d/', to: '#' },
      { from: 'twenty', to: 'some' },
    ]);
    const [money] = replace(findEntities(sentenceOf('twenty dollars')));
    expect(money).toMatchObject({ type: 'entity', content: '$##' });
    expect(contentsOf(money?.entity?.spoken ?? [])).toBe('some dollars');
    expect(contentsOf(money?.entity?.written ?? [])).toBe('$##');
  });

  it.each(['/(/', '/[/', '/a**/', '/(?=a)/', '/(a)\\1/', '/a{1001}/'])('refuses %s', (from) => {
    expect(() => compileReplacements([{ from, to: '' }])).toThrow(SyntaxError);
  });

  it.each([
    ['one', ['/(?:a{100}){100}/']],
    ['one that repeats much', [`/(?:${'a'.repeat(200)}){100}/`]],
    ['many', Array.from({ length: 20 }, () => '/a{90}b/')],
  ])('refuses %s too long with all repetitions, before it reads it', (_, expressions) => {
    expect(() => compileReplacements(expressions.map((from) => ({ from, to: '' })))).toThrow(RangeError);
    expect(() => compileReplacements([{ from: '/^[0-9]{4}-[0-9]{4,12}$/', to: '' }])).not.toThrow();
  });

  it('is not held up by what makes other engines backtrack', () => {
    const begin = performance.now();
    const word = `${'a'.repeat(900)}!`;
    expect(replaced(word, ['/^(a+)+$/', 'x'], ['/^(a|aa)+$/', 'x'])).toBe(word);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });

  it('refuses to make a word longer than any', () => {
    const replace = () => replaced('abcdefghij', ['/./', 'x'.repeat(101)]);
    expect(replace).toThrow(expect.objectContaining({ code: 'job_rejected' }));
    expect(replaced('abcdefghij', ['/./', 'x'.repeat(100)])).toHaveLength(1_000);
  });
});
