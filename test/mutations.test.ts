import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MUTATIONS } from './attack/mutations.ts';

/** `npm run mutate` puts each weakness into the code; this keeps the list true between its runs. */
it.each(MUTATIONS)('the place where "$weakness" goes is there, once', ({ file, find }) => {
  const source = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8');
  expect(source.split(find)).toHaveLength(2);
});
