import { AppError } from '../../errors/app-error.ts';
import { isAskedFor } from '../../transcripts/config-schema.ts';
import type { JobConfig, TranscriptionConfig } from './schema.ts';
import { checkTextFilters } from './text-filters.ts';

/** What the installed engine can do, as far as a config can ask for it. */
export interface Offer {
  /** ISO 639 codes. */
  readonly languages: readonly string[];
  readonly speakerDiarization?: boolean;
  readonly alignment?: boolean;
}

/** Sections that ask for work nobody here does; leaving them out in silence would fake a result. */
const UNAVAILABLE_SECTIONS = [
  'translation_config',
  'audio_events_config',
] as const satisfies readonly (keyof JobConfig)[];

const UNAVAILABLE_TRANSCRIPTION = [
  'domain',
  'output_locale',
  'additional_vocab',
  'language_hints',
] as const satisfies readonly (keyof TranscriptionConfig)[];

/** Throws `product_not_available` naming what cannot be had here. */
export function refuseUnavailable(config: JobConfig, language: string, offer: Offer): void {
  if (!offer.languages.includes(language)) throw unavailable(`the language ${JSON.stringify(language)}`);
  if (config.type === 'alignment' && !offer.alignment) throw unavailable('alignment');
  const section = UNAVAILABLE_SECTIONS.find((name) => config[name] !== undefined);
  if (section) throw unavailable(section);
  const { transcription_config: transcription = {} } = config;
  const field = UNAVAILABLE_TRANSCRIPTION.find((name) => isAskedFor(transcription[name]));
  if (field) throw unavailable(`transcription_config.${field}`);
  const { model, operating_point, diarization } = transcription;
  if ((model ?? operating_point) === 'melia-1') throw unavailable('the model "melia-1"');
  if (diarization === 'speaker' && !offer.speakerDiarization) throw unavailable('diarization "speaker"');
  refuseIdentification(transcription);
  checkTextFilters(transcription, language);
}

/** Nobody here recognises a speaker again, or weighs who spoke last. */
function refuseIdentification({ speaker_diarization_config: config = {} }: TranscriptionConfig): void {
  const { get_speakers, speakers = [], prefer_current_speaker } = config;
  const of = 'transcription_config.speaker_diarization_config';
  if (get_speakers === true) throw unavailable(`${of}.get_speakers`);
  if (speakers.length > 0) throw unavailable(`${of}.speakers`);
  if (prefer_current_speaker === true) throw unavailable(`${of}.prefer_current_speaker`);
}

const unavailable = (what: string): AppError =>
  new AppError('product_not_available', { detail: `no installed engine offers ${what.slice(0, 100)}` });
