import type { JsonV2 } from './json-v2.ts';
import { printSrt } from './srt.ts';
import { printTxt } from './txt.ts';

export const TRANSCRIPT_FORMATS = ['json-v2', 'txt', 'srt'] as const;
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];

/** A stored transcript in the format asked for; json-v2 is what is stored. */
export function printTranscript(transcript: JsonV2, format: TranscriptFormat): JsonV2 | string {
  switch (format) {
    case 'json-v2':
      return transcript;
    case 'txt':
      return printTxt(transcript);
    case 'srt':
      return printSrt(transcript, srtLimits(transcript));
  }
}

/** Bounds were checked when the job was accepted. */
function srtLimits({ metadata }: JsonV2): { maxLineLength: number; maxLines: number } {
  const overrides = metadata.output_config?.srt_overrides as
    | { max_line_length?: number; max_lines?: number }
    | undefined;
  return { maxLineLength: overrides?.max_line_length ?? 37, maxLines: overrides?.max_lines ?? 2 };
}
