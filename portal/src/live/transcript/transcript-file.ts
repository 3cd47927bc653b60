import { type Heard, paragraphText } from './heard.ts';

/** Everything heard, as plain text: paragraphs apart, and sessions further apart. */
export const asText = (sessions: readonly Heard[]): string =>
  sessions
    .filter(({ paragraphs }) => paragraphs.length > 0)
    .map(({ paragraphs }) => paragraphs.map(paragraphText).join('\n\n'))
    .join('\n\n\n');

/** Everything heard with times and confidence; results are as the real-time API gives them. */
export const asJson = (sessions: readonly Heard[]): string =>
  `${JSON.stringify(
    {
      sessions: sessions.map(({ startedAt, source, config, results }) => ({
        started_at: startedAt.toISOString(),
        source,
        transcription_config: config,
        results,
      })),
    },
    null,
    2,
  )}\n`;

/** Lets the browser save a text as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `transcript-2026-03-14-0915.txt`, in the reader's own time. */
export function fileName(startedAt: Date, extension: 'txt' | 'json'): string {
  const local = new Date(startedAt.getTime() - startedAt.getTimezoneOffset() * 60_000).toISOString();
  return `transcript-${local.slice(0, 10)}-${local.slice(11, 16).replace(':', '')}.${extension}`;
}
