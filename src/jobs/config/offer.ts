import { AppError } from '../../errors/app-error.ts';
import type { JobConfig, TranscriptionConfig } from './schema.ts';

/** What the installed engine can do, as far as a config can ask for it. */
export interface Offer {
  /** ISO 639 codes. */
  readonly languages: readonly string[];
}

/** Sections that ask for work nobody here does; leaving them out in silence would fake a result. */
const UNAVAILABLE_SECTIONS = [
  'fetch_data',
  'fetch_text',
  'alignment_config',
  'notification_config',
  'translation_config',
  'language_identification_config',
  'summarization_config',
  'sentiment_analysis_config',
  'topic_detection_config',
  'auto_chapters_config',
  'audio_events_config',
] as const satisfies readonly (keyof JobConfig)[];

const UNAVAILABLE_TRANSCRIPTION = [
  'domain',
  'output_locale',
  'additional_vocab',
  'punctuation_overrides',
  'channel_diarization_labels',
  'audio_filtering_config',
  'transcript_filtering_config',
  'speaker_diarization_config',
  'language_hints',
] as const satisfies readonly (keyof TranscriptionConfig)[];

/** Throws `product_not_available` naming what cannot be had here. */
export function refuseUnavailable(config: JobConfig, language: string, { languages }: Offer): void {
  if (!languages.includes(language)) throw unavailable(`the language ${JSON.stringify(language)}`);
  if (config.type === 'alignment') throw unavailable('alignment');
  const section = UNAVAILABLE_SECTIONS.find((name) => config[name] !== undefined);
  if (section) throw unavailable(section);
  const { transcription_config: transcription = {} } = config;
  const field = UNAVAILABLE_TRANSCRIPTION.find((name) => transcription[name] !== undefined);
  if (field) throw unavailable(`transcription_config.${field}`);
  const { model, operating_point, diarization, enable_entities } = transcription;
  if (enable_entities === true) throw unavailable('transcription_config.enable_entities');
  if ((model ?? operating_point) === 'melia-1') throw unavailable('the model "melia-1"');
  if (diarization !== undefined && diarization !== 'none') {
    throw unavailable(`diarization ${JSON.stringify(diarization)}`);
  }
}

const unavailable = (what: string): AppError =>
  new AppError('product_not_available', { detail: `no installed engine offers ${what.slice(0, 100)}` });
