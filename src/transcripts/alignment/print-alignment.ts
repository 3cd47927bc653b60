import { textSpans, wordSpans } from './word-spans.ts';

/** The forms in which an aligned text can be had; the first is the default. */
export const ALIGNMENT_TAGS = ['word_start_and_end', 'one_per_line'] as const;
export type AlignmentTags = (typeof ALIGNMENT_TAGS)[number];

interface Times {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A text as it was, with the time of each of its words, or of the first word of each line, in front of it. */
export function printAlignment(text: string, times: readonly Times[], tags: AlignmentTags): string {
  return tags === 'one_per_line' ? withLineTimes(text, times) : withWordTimes(text, times);
}

/** `<time=0.12>Hello<time=0.23>` */
function withWordTimes(text: string, times: readonly Times[]): string {
  let printed = '';
  let done = 0;
  let word = 0;
  for (const { start, end } of wordSpans(text)) {
    const { startSeconds = 0, endSeconds = 0 } = times[word] ?? {};
    printed += `${text.slice(done, start)}<time=${startSeconds.toFixed(2)}>`;
    printed += `${text.slice(start, end)}<time=${endSeconds.toFixed(2)}>`;
    done = end;
    word += 1;
  }
  return printed + text.slice(done);
}

/** `[00:00:00.1] Hello`; a line that begins within markup, or has no words, gets no time. */
function withLineTimes(text: string, times: readonly Times[]): string {
  let printed = '';
  let done = 0;
  let end = 0;
  let lineStart: number | undefined = 0;
  let word = 0;
  for (const span of textSpans(text)) {
    const lineBreak = text.slice(end, span.start).lastIndexOf('\n');
    if (lineBreak >= 0) lineStart = end + lineBreak + 1;
    end = span.end;
    if (!span.isWord) continue;
    if (lineStart !== undefined) {
      printed += `${text.slice(done, lineStart)}[${clock(times[word]?.startSeconds ?? 0)}] `;
      done = lineStart;
      lineStart = undefined;
    }
    word += 1;
  }
  return printed + text.slice(done);
}

/** HH:MM:SS.d, tenths rounded down. */
function clock(seconds: number): string {
  const tenths = Math.floor(Math.round(seconds * 1000) / 100);
  const two = (number: number) => String(number).padStart(2, '0');
  const whole = Math.floor(tenths / 10);
  const parts = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  return `${parts.map(two).join(':')}.${tenths % 10}`;
}
