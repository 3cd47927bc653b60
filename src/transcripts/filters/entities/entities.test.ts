import { expect, it } from 'vitest';
import { contentsOf, sentenceOf } from '../sentence.fixture.ts';
import { findEntities } from './entities.ts';

it('puts one item in the place of the words, with both forms', () => {
  const items = sentenceOf('On the seventeenth of January , twenty twenty two .');
  const [on, the, date, stop, ...more] = findEntities(items);
  expect([on, the, stop]).toEqual([items[0], items[1], items.at(-1)]);
  expect(more).toEqual([]);
  expect(date).toMatchObject({
    type: 'entity',
    content: '17th of January, 2022',
    startSeconds: 2,
    endSeconds: 8,
    entity: { class: 'date', spoken: items.slice(2, 9) },
  });
});

it('gives the written words equal parts of the time', () => {
  const [date] = findEntities(sentenceOf('fifth of May'));
  const written = date?.entity?.written.map((word) => [word.content, word.startSeconds, word.endSeconds]);
  expect(written).toEqual([
    ['5th', 0, 1],
    ['of', 1, 2],
    ['May', 2, 3],
  ]);
});

it('is no surer than its least sure word, and keeps what the words have in common', () => {
  const said = sentenceOf('twenty dollars').map((item, index) => ({
    ...item,
    confidence: 1 - index / 4,
    speaker: 'S1',
    channel: 'left',
  }));
  const [money] = findEntities(said);
  const common = { content: '$20', confidence: 0.75, speaker: 'S1', channel: 'left' };
  expect(money).toMatchObject({ ...common, entity: { written: [common] } });
});

it('leaves a number inside a word alone', () => {
  expect(contentsOf(findEntities(sentenceOf('COVID-19 and B2B25 in Windows 95')))).toBe(
    'COVID-19 and B2B25 in Windows 95',
  );
  expect(findEntities(sentenceOf('COVID-19 and B2B25')).map((item) => item.type)).toEqual([
    'word',
    'word',
    'word',
  ]);
});
