/** Where a word or a piece of markup stands in its text, in UTF-16 units, end exclusive. */
export interface TextSpan {
  readonly isWord: boolean;
  readonly start: number;
  readonly end: number;
}

/**
 * The words and the markup of a text to be aligned, in order; between them there is white space or nothing. Words are
 * what white space and markup separate, markup is `<…>` and `<!-- … -->`; what is opened and never closed is text
 * (Batch API, alignment). Takes time linear in the text.
 */
export function* textSpans(text: string): Generator<TextSpan> {
  const endOfMarkup = markupIn(text);
  let at = 0;
  while (at < text.length) {
    const start = at;
    const markupEnd = endOfMarkup(at);
    if (markupEnd !== undefined) {
      at = markupEnd;
      yield { isWord: false, start, end: at };
    } else if (isSpace(text.charCodeAt(at))) {
      at += 1;
    } else {
      do at += 1;
      while (at < text.length && !isSpace(text.charCodeAt(at)) && endOfMarkup(at) === undefined);
      yield { isWord: true, start, end: at };
    }
  }
}

/** The words alone. */
export function* wordSpans(text: string): Generator<TextSpan> {
  for (const span of textSpans(text)) if (span.isWord) yield span;
}

/** As `\s` has it, without a regular expression for each letter of a long text. */
function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return /\s/.test(String.fromCharCode(code));
}

const OPENING = '<'.charCodeAt(0);

/** Tells where the markup ends that begins at a place, if there is any. */
function markupIn(text: string): (at: number) => number | undefined {
  // Looked for once: otherwise a text of nothing but beginnings would be searched to its end for each.
  const lastEnd = text.lastIndexOf('>');
  const lastCommentEnd = text.lastIndexOf('-->');
  return (at) => {
    if (text.charCodeAt(at) !== OPENING) return undefined;
    if (text.startsWith('<!--', at) && lastCommentEnd >= at + 4) return text.indexOf('-->', at + 4) + 3;
    return lastEnd > at ? text.indexOf('>', at) + 1 : undefined;
  };
}
