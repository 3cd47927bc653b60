/** What became of spans: the collector has them, refused or did not hear them, or too many were waiting. */
export const SPAN_FATES = ['exported', 'failed', 'dropped'] as const;
export type SpanFate = (typeof SPAN_FATES)[number];
