import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFilter, type FilterConfig } from './filters.ts';
import { contentsOf, sentenceOf } from './sentence.fixture.ts';

const apply = async (text: string, config: FilterConfig = {}, language = 'en') =>
  (await createFilter(config, language))(sentenceOf(text));
const applied = async (text: string, config: FilterConfig) => contentsOf(await apply(text, config));
const withoutDisfluencies = { transcript_filtering_config: { remove_disfluencies: true } };

describe('tags', () => {
  it.each([
    ['Um', ['disfluency']],
    ['uh-huh', ['disfluency']],
    ['umm', ['disfluency']],
    ['shit', ['profanity']],
    ['Fucking', ['profanity']],
    ['mother-fucker', ['profanity']],
    ['bullshit', ['profanity']],
    ['class', undefined],
    ['assess', undefined],
    ['Scunthorpe', undefined],
    ['cockpit', undefined],
    ['umbrella', undefined],
  ])('of %s are %j', async (word, tags) => {
    expect((await apply(word))[0]?.tags).toEqual(tags);
  });

  it('are set in English only', async () => {
    expect((await apply('um shit', {}, 'de')).map((item) => item.tags)).toEqual([undefined, undefined]);
  });

  it('change nothing else', async () => {
    const items = sentenceOf('So , um , what the hell .');
    const filtered = (await createFilter({}, 'en'))(items);
    expect(filtered.map(({ tags, ...item }) => item)).toEqual(items);
  });
});

describe('remove_disfluencies', () => {
  it.each([
    ['Um , what would you like , hmm ?', 'What would you like ?'],
    ['I think , uh , yes .', 'I think , yes .'],
    ['Um . Yes .', 'Yes .'],
    ['Yes . Um .', 'Yes .'],
    ['Mm hmm .', ''],
    ['Um Uh so .', 'So .'],
    ['Well um .', 'Well .'],
    ['He saw , umm , Uh , ten .', 'He saw , ten .'],
    ['It was um the end', 'It was the end'],
  ])('makes of "%s" "%s"', async (text, expected) => {
    expect(await applied(text, withoutDisfluencies)).toBe(expected);
  });

  it('puts the mark that ends the sentence at the end of its last word', async () => {
    const last = (await apply('Like , hmm ?', withoutDisfluencies)).at(-1);
    expect(last).toMatchObject({ content: '?', startSeconds: 1, endSeconds: 1, isEndOfSentence: true });
  });

  it('leaves hesitations where it is false', async () => {
    const kept = { transcript_filtering_config: { remove_disfluencies: false } };
    expect(await applied('Um , yes .', kept)).toBe('Um , yes .');
  });
});

describe('permitted_marks', () => {
  const text = 'Well , yes . No ! Why ?';
  it.each([
    [[], 'Well yes No Why'],
    [['all'], text],
    [['.', ','], 'Well , yes . No Why'],
    [['?'], 'Well yes No Why ?'],
    [undefined, text],
  ])('of %j leave "%s"', async (marks, expected) => {
    const overrides = marks && { permitted_marks: marks };
    expect(await applied(text, { punctuation_overrides: { ...overrides } })).toBe(expected);
  });
});

describe('enable_entities', () => {
  it('makes values one item, in English', async () => {
    const [, , entity] = await apply('We paid twenty dollars .', { enable_entities: true });
    expect(entity).toMatchObject({ type: 'entity', content: '$20' });
  });

  it('does nothing where it is false or absent', async () => {
    for (const config of [{}, { enable_entities: false }]) {
      expect((await apply('We paid twenty dollars .', config)).map((item) => item.type)).not.toContain(
        'entity',
      );
    }
  });
});

describe('all filters together', () => {
  it('work in the documented order: words are replaced last', async () => {
    const config = {
      enable_entities: true,
      punctuation_overrides: { permitted_marks: ['.'] },
      transcript_filtering_config: {
        remove_disfluencies: true,
        replacements: [
          { from: 'um', to: 'kept' },
          { from: '/\\d/', to: '#' },
        ],
      },
    };
    expect(await applied('It is , um , twenty five percent , um .', config)).toBe('It is ##% .');
  });

  it('lose no word, whatever the sentences, and keep time in order', async () => {
    const word = fc.constantFrom(
      'um',
      'two',
      'twenty',
      'hundred',
      'May',
      'first',
      'point',
      'dollars',
      'past',
      'half',
      'x',
    );
    const mark = fc.constantFrom(',', '.', '?');
    const filter = await createFilter({ enable_entities: true }, 'en');
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: word }, mark), { maxLength: 20 }), (parts) => {
        const items = sentenceOf(parts.join(' '));
        const filtered = filter(items);
        const said = filtered.flatMap((item) => item.entity?.spoken ?? [item]);
        expect(said.map(({ tags, ...item }) => item)).toEqual(items);
        for (const { entity, startSeconds, endSeconds, content } of filtered) {
          if (!entity) continue;
          expect(contentsOf(entity.written)).toBe(content);
          expect(entity.written[0]?.startSeconds).toBe(startSeconds);
          expect(entity.written.at(-1)?.endSeconds).toBe(endSeconds);
        }
      }),
    );
  });
});
