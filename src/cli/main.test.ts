import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('loads no command but the one that is typed', () => {
  const text = readFileSync(new URL('main.ts', import.meta.url), 'utf8');
  const loadedAlways = [...text.matchAll(/^import .* from '(.*)';$/gm)].map(([, from]) => from);
  expect(loadedAlways).toEqual(['commander', '../app/version.ts']);
});
