import { LRUCache } from 'lru-cache';
import { RE2JS } from 're2js';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../item.ts';

/** A word equal to `from` becomes `to`. With slashes around it, `from` is an ECMAScript regular expression. */
export interface Replacement {
  readonly from: string;
  readonly to: string;
}

/** The expressions of a config together, in characters with all repetitions written out: reading them takes 0.1 s. */
const MAX_EXPRESSION_LENGTH = 10_000;

/** No replacement makes a word longer, in UTF-16 units: a long `to` put in for each letter would fill the memory. */
const MAX_WORD_LENGTH = 1_000;

/** Speech has few words that come again and again; a session of two days has all sorts of others. */
const REMEMBERED_WORDS = 1_000;

const EXPRESSION = /^\/(.+)\/$/su;

/**
 * Makes the function that replaces words. Plain replacements come first, then expressions, both in their order; one
 * applies to a word at most, an expression to all its matches in it. A word replaced by nothing is left out. Of an
 * entity the spoken and the written words are replaced. Expressions are matched in linear time, so that none can
 * hang the server; look-around and back-references are not part of them.
 * Throws `SyntaxError` for an expression that cannot be read, `RangeError` when all together are too long. The
 * function throws `job_rejected` when a word becomes longer than 1,000 characters.
 */
export function compileReplacements(
  replacements: readonly Replacement[],
): (items: readonly Item[]) => Item[] {
  const plain = new Map<string, string>();
  const expressions: { pattern: RE2JS; to: string }[] = [];
  let length = 0;
  for (const { from, to } of replacements) {
    const expression = EXPRESSION.exec(from)?.[1];
    if (expression !== undefined) {
      length += writtenOutLength(expression);
      if (length > MAX_EXPRESSION_LENGTH)
        throw new RangeError('the regular expressions are too long together');
      expressions.push({ pattern: compile(expression), to });
    } else if (!plain.has(from)) plain.set(from, to);
  }

  const replace = (word: string): string => {
    const equal = plain.get(word);
    if (equal !== undefined) return equal;
    const matching = expressions.find(({ pattern }) => pattern.matcher(word).find());
    return matching ? matching.pattern.matcher(word).replaceAll(matching.to) : word;
  };
  const replaced = new LRUCache<string, string>({
    max: REMEMBERED_WORDS,
    memoMethod: (word) => checked(replace(word)),
  });
  return (items) => replaceWords(items, (word) => replaced.memo(word));
}

/** At most: what repeats is taken to be the whole expression, in every repetition. */
function writtenOutLength(expression: string): number {
  const counts = [...expression.matchAll(/\{(\d*),?(\d*)\}/g)];
  return counts.reduce(
    (length, [, from, to]) => length * Math.max(1, Number(from), Number(to)),
    expression.length,
  );
}

function compile(expression: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(expression));
  } catch (cause) {
    throw new SyntaxError(`the regular expression /${expression.slice(0, 100)}/ cannot be used`, { cause });
  }
}

function checked(word: string): string {
  if (word.length <= MAX_WORD_LENGTH) return word;
  throw new AppError('job_rejected', {
    detail: `a replacement makes a word longer than ${MAX_WORD_LENGTH} characters`,
  });
}

function replaceWords(items: readonly Item[], replace: (word: string) => string): Item[] {
  return items
    .map((item): Item => {
      const { type, content, entity } = item;
      if (type === 'punctuation') return item;
      if (!entity) return { ...item, content: replace(content) };
      const spoken = replaceWords(entity.spoken, replace);
      const written = replaceWords(entity.written, replace);
      const words = written.map((word) => word.content);
      return { ...item, content: words.join(' '), entity: { ...entity, spoken, written } };
    })
    .filter(({ content }) => content !== '');
}
