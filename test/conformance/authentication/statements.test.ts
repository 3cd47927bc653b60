import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/** The table at the end of docs/authentication.md: each statement has tests, and the tests are there. */
const ROOT = new URL('../../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/authentication.md', ROOT), 'utf8');
const SEPARATOR = ' › ';

const readTest = (file: string): string => readFileSync(fileURLToPath(new URL(file, ROOT)), 'utf8');

const lastSection = (page: string): string[] => page.slice(page.lastIndexOf('\n## ') + 1).split('\n');

/** What is wrong with the table of a page. */
function faultsOf(page: string, read: (file: string) => string): string[] {
  const rows = lastSection(page).filter((line) => /^\| \d/.test(line));
  return rows.flatMap((row, index) => {
    const [number = '', statement = '', proof = ''] = row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1);
    const tests = [...proof.matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? '');
    return [
      ...(number === String(index + 1) ? [] : [`${number} should be ${index + 1}`]),
      ...(statement === '' ? [`${number} states nothing`] : []),
      ...(tests.length > 0 ? [] : [`${number} has no test`]),
      ...tests.filter((test) => !exists(test, read)).map((test) => `${number} names a missing test: ${test}`),
    ];
  });
}

function exists(test: string, read: (file: string) => string): boolean {
  const [file = '', ...titles] = test.split(SEPARATOR);
  try {
    return namesOfTests(read(file)).includes(titles.join(SEPARATOR));
  } catch {
    return false;
  }
}

interface Node {
  readonly type?: string;
  readonly [member: string]: unknown;
}

/** Titles of the tests in a source, each below those of the groups around it; tests that are skipped do not count. */
function namesOfTests(source: string): string[] {
  const names: string[] = [];
  const visit = (node: unknown, groups: readonly string[]): void => {
    if (typeof node !== 'object' || node === null) return;
    const call = testCall(node as Node);
    const titles = call ? [...groups, call.title] : groups;
    if (call?.kind === 'it') names.push(titles.join(SEPARATOR));
    for (const child of Object.values(node)) visit(child, titles);
  };
  visit(parseAst(source, { lang: 'ts' }), []);
  return names;
}

/** `describe('title', …)` or `it.each(…)('title', …)`, taken apart. */
function testCall(node: Node): { kind: 'describe' | 'it'; title: string } | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const words = wordsOf(node.callee as Node);
  const [kind] = words;
  const title = ((node.arguments as Node[])[0] as { value?: unknown } | undefined)?.value;
  if ((kind !== 'describe' && kind !== 'it') || typeof title !== 'string') return undefined;
  return words.some((word) => word === 'skip' || word === 'todo') ? undefined : { kind, title };
}

/** `it.concurrent.each(…)` as `it`, `concurrent`, `each`. */
function wordsOf(callee: Node): string[] {
  if (callee.type === 'CallExpression') return wordsOf(callee.callee as Node);
  if (callee.type === 'Identifier') return [callee.name as string];
  if (callee.type !== 'MemberExpression') return [];
  return [...wordsOf(callee.object as Node), (callee.property as { name?: string }).name ?? ''];
}

it('every statement has its tests', () => {
  expect(lastSection(PAGE).length).toBeGreaterThan(40);
  expect(faultsOf(PAGE, readTest)).toEqual([]);
});

describe('the check', () => {
  const source = `describe('a', () => { describe.each(ALL)('b %s', () => { it.each([1])('c', f); it.skip('d', f); }); });
    it('e', f);`;
  const read = (file: string): string => {
    if (file !== 'x.test.ts') throw new Error('no such file');
    return source;
  };
  const faults = (...rows: string[]) => faultsOf(rows.join('\n'), read);

  it('is content with a test that is there', () => {
    expect(faults('| 1 | One. | `x.test.ts › a › b %s › c` |', '| 2 | Two. | `x.test.ts › e` |')).toEqual([]);
  });

  it.each([
    ['1 has no test', '| 1 | One. | completed by real time |'],
    ['1 states nothing', '| 1 | | `x.test.ts › e` |'],
    ['7 should be 1', '| 7 | One. | `x.test.ts › e` |'],
    ['1 names a missing test: x.test.ts › a › c', '| 1 | One. | `x.test.ts › e`, `x.test.ts › a › c` |'],
    ['1 names a missing test: x.test.ts › a › b %s › d', '| 1 | One. | `x.test.ts › a › b %s › d` |'],
    ['1 names a missing test: y.test.ts › e', '| 1 | One. | `y.test.ts › e` |'],
    ['1 names a missing test: x.test.ts', '| 1 | One. | `x.test.ts` |'],
  ])('finds that %s', (fault, row) => {
    expect(faults(row)).toEqual([fault]);
  });
});
