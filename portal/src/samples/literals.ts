/** What can be written down in every language: the body of a request. */
export type Value = string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

interface Notation {
  readonly text: (value: string) => string;
  readonly name: (value: string) => string;
  readonly true: string;
  readonly false: string;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

const NOTATIONS = {
  json: { text: JSON.stringify, name: JSON.stringify, true: 'true', false: 'false' },
  javascript: {
    text: javaScriptText,
    name: (name: string) => (IDENTIFIER.test(name) ? name : javaScriptText(name)),
    true: 'true',
    false: 'false',
  },
  // A string of JSON is one of Python too.
  python: { text: JSON.stringify, name: JSON.stringify, true: 'True', false: 'False' },
} satisfies Record<string, Notation>;

/** A value in the notation of a language, over several lines where it has members. */
export function literal(value: Value, language: keyof typeof NOTATIONS, indent = '', step = '  '): string {
  const notation: Notation = NOTATIONS[language];
  if (typeof value === 'string') return notation.text(value);
  if (typeof value === 'boolean') return notation[value ? 'true' : 'false'];
  if (typeof value === 'number') return String(value);
  if (isList(value)) return `[${value.map((each) => literal(each, language, indent, step)).join(', ')}]`;
  const inner = indent + step;
  const comma = language === 'json' ? '' : ',';
  const members = Object.entries(value).map(
    ([name, member]) => `${inner}${notation.name(name)}: ${literal(member, language, inner, step)}`,
  );
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}${comma}\n${indent}}`;
}

const isList = (value: Value): value is readonly Value[] => Array.isArray(value);

/** In the quotes of the surrounding code, where nothing needs to be escaped. */
function javaScriptText(text: string): string {
  const quoted = JSON.stringify(text);
  return /['\\]/.test(quoted) ? quoted : `'${text}'`;
}

/** A word of a shell, whatever is in it. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
