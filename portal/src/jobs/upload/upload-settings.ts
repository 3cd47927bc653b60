/** How the jobs of an upload shall be transcribed, as chosen in the form. */
export interface UploadSettings {
  readonly language: string;
  readonly model: 'standard' | 'enhanced';
  readonly diarization: 'none' | 'speaker' | 'channel';
  readonly punctuation: 'all' | 'basic' | 'none';
  readonly hasEntities: boolean;
  readonly isWithoutDisfluencies: boolean;
  readonly clientRef: string;
}

/** What the form holds: the settings, and the recordings they are for. */
export interface UploadFormValues extends UploadSettings {
  readonly files: readonly File[];
}

export const FIRST_SETTINGS: UploadSettings = {
  language: '',
  model: 'standard',
  diarization: 'none',
  punctuation: 'all',
  hasEntities: false,
  isWithoutDisfluencies: false,
  clientRef: '',
};

const MARKS: Readonly<Record<UploadSettings['punctuation'], readonly string[] | undefined>> = {
  all: undefined,
  basic: ['.', ',', '?'],
  none: [],
};

/** The config of a job with these settings; what is left at its default is left out. */
export function jobConfigOf(settings: UploadSettings): object {
  const marks = MARKS[settings.punctuation];
  return {
    type: 'transcription',
    transcription_config: {
      language: settings.language,
      operating_point: settings.model,
      ...(settings.diarization === 'none' ? {} : { diarization: settings.diarization }),
      ...(marks === undefined ? {} : { punctuation_overrides: { permitted_marks: marks } }),
      ...(settings.hasEntities ? { enable_entities: true } : {}),
      ...(settings.isWithoutDisfluencies
        ? { transcript_filtering_config: { remove_disfluencies: true } }
        : {}),
    },
  };
}
