/** The package ships no types; these are the parts in use. */
declare module 'sherpa-onnx-node' {
  interface Waveform {
    readonly samples: Float32Array;
    readonly sampleRate: number;
  }

  interface OfflineStream {
    acceptWaveform(waveform: Waveform): void;
  }

  /** Token by token; what a model does not give is empty. Times are seconds from the start of the stream. */
  interface OfflineResult {
    readonly text: string;
    readonly tokens: readonly string[];
    readonly timestamps: readonly number[];
    readonly durations: readonly number[];
    readonly ys_log_probs: readonly number[];
  }

  class OfflineRecognizer {
    constructor(config: object);
    createStream(): OfflineStream;
    setConfig(config: object): void;
    decodeAsync(stream: OfflineStream): Promise<OfflineResult>;
  }

  interface OnlineStream extends OfflineStream {
    inputFinished(): void;
  }

  interface OnlineResult {
    readonly text: string;
    readonly tokens: readonly string[];
    readonly timestamps: readonly number[];
    readonly ys_probs: readonly number[];
  }

  class OnlineRecognizer {
    constructor(config: object);
    createStream(): OnlineStream;
    isReady(stream: OnlineStream): boolean;
    decode(stream: OnlineStream): void;
    getResult(stream: OnlineStream): OnlineResult;
  }

  interface SpeakerSegment {
    readonly start: number;
    readonly end: number;
    readonly speaker: number;
  }

  class OfflineSpeakerDiarization {
    constructor(config: object);
    process(samples: Float32Array): SpeakerSegment[];
    setConfig(config: object): void;
  }

  /** CommonJS: a dynamic import finds everything under `default`. */
  const library: {
    readonly version: string;
    readonly OfflineRecognizer: typeof OfflineRecognizer;
    readonly OnlineRecognizer: typeof OnlineRecognizer;
    readonly OfflineSpeakerDiarization: typeof OfflineSpeakerDiarization;
  };
  export default library;
}
