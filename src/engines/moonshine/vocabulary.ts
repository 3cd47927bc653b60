import tokenizer from 'llama-tokenizer-js';

const WORD_START = '▁';
const BYTE = /^<0x([0-9A-F]{2})>$/;
/** Ids below are control tokens; ids past the vocabulary are Moonshine's own, none of which is text. */
const FIRST_TEXT_ID = 3;

/** The tokens of a word in running text: words are spelled one by one, so they can be encoded one by one. */
export function encodeWord(word: string): number[] {
  return tokenizer.encode(word, false);
}

/**
 * The text of each token, so that joined they give the transcript; a word's first token begins with a space.
 * Letters spelled as several byte tokens belong to the last of them.
 */
export function tokenTexts(ids: readonly number[]): string[] {
  let bytes: number[] = [];
  return ids.map((id, index) => {
    const byte = byteOf(id);
    if (byte === undefined) return textOf(id);
    bytes.push(byte);
    if (byteOf(ids[index + 1]) !== undefined) return '';
    const text = Buffer.from(bytes).toString();
    bytes = [];
    return text;
  });
}

function textOf(id: number): string {
  return id < FIRST_TEXT_ID ? '' : (tokenizer.vocabById[id] ?? '').replaceAll(WORD_START, ' ');
}

function byteOf(id: number | undefined): number | undefined {
  const hex = id === undefined ? undefined : BYTE.exec(tokenizer.vocabById[id] ?? '')?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}
