/** Where the sound of a session comes from. */
export interface AudioSource {
  /** What the reader is told later: "Microphone", or the name of a file. */
  readonly name: string;
  readonly sampleRate: number;
  /** Asks for what it needs, which may take a person's consent. Rejects with a `LiveFault`. */
  open(): Promise<void>;
  /** Hands on the sound from its beginning, as it comes, once the server listens. */
  begin(listener: AudioListener): Promise<void>;
  /** Lets go of everything, at any time; what was heard last is still handed on. */
  close(): void;
}

export interface AudioListener {
  /** Mono samples from -1 to 1. */
  readonly onAudio: (samples: Float32Array<ArrayBuffer>) => void;
  /** Nothing more comes: the recording is over, or `cause` ended it. */
  readonly onEnd: (cause?: Error) => void;
}

/** What the real-time API is told about the samples. */
export const audioFormat = (sampleRate: number) =>
  ({ type: 'raw', encoding: 'pcm_f32le', sample_rate: sampleRate }) as const;

/** What speech recognition hears best at the least cost. */
export const SPEECH_SAMPLE_RATE = 16_000;
