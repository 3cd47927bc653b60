import { AppError } from '../../errors/app-error.ts';
import { compileReplacements } from '../../transcripts/filters/replacements.ts';
import type { TranscriptionConfig } from './schema.ts';

/** How often marks are set is the engine's to choose; none here can be told. */
const DEFAULT_SENSITIVITY = 0.5;

/**
 * Throws `job_rejected` for replacements that could not be made, and `product_not_available` for entities of another
 * language than English or a sensitivity of punctuation other than the default.
 */
export function checkTextFilters(config: TranscriptionConfig, language: string): void {
  const { sensitivity = DEFAULT_SENSITIVITY } = config.punctuation_overrides ?? {};
  if (sensitivity !== DEFAULT_SENSITIVITY) throw unavailable('punctuation_overrides.sensitivity');
  if (config.enable_entities && language !== 'en') throw unavailable('enable_entities for this language');
  try {
    compileReplacements(config.transcript_filtering_config?.replacements ?? []);
  } catch (error) {
    const at = 'transcription_config.transcript_filtering_config.replacements';
    const detail = `Job config JSON is invalid. Error: ${at}: ${(error as Error).message}`;
    throw new AppError('job_rejected', { detail });
  }
}

const unavailable = (what: string): AppError =>
  new AppError('product_not_available', {
    detail: `no installed engine offers transcription_config.${what}`,
  });
