import type { Decoder } from '../../audio/decoder.ts';
import { SAMPLE_RATE } from '../../audio/sample-rate.ts';
import { createVolumeMeter } from '../../audio/volume.ts';
import { deadline } from '../../base/abort.ts';
import type { Audio, Engine, RecognizeOptions } from '../../engines/engine.ts';
import type { Item } from '../../transcripts/item.ts';
import { withoutQuietWords } from '../../transcripts/quiet-words.ts';
import { languageOf, modelOf } from '../config/parse.ts';
import type { JobConfig } from '../config/schema.ts';
import { channelLabels, isByChannel } from './channels.ts';

/** An engine that has neither taken audio nor said anything for so long hangs. */
const STALL_MS = 600_000;
/** Speakers are told apart in one go after all audio was heard: two hours of it, slower than that on a slow machine. */
const SPEAKERS_STALL_MS = 4 * 60 * 60_000;

interface Deps {
  readonly decoder: Decoder;
  readonly engine: Engine;
}

export interface Recording {
  readonly path: string;
  readonly config: JobConfig;
  /** Told every half second of audio how far recognition has come, in seconds of the recording. */
  readonly onProgress?: (secondsDone: number) => void;
}

/**
 * What is said in a recording: one list of items for each channel if the config tells channels apart, else one list.
 * The channels are recognised one after another; decoding and recognition overlap, and no audio is kept.
 */
export async function recognize(deps: Deps, recording: Recording, signal: AbortSignal): Promise<Item[][]> {
  const { config, onProgress } = recording;
  const tracks = await tracksOf(deps.decoder, recording, signal);
  let samples = 0;
  const onHeard = (chunk: Float32Array) => {
    samples += chunk.length;
    onProgress?.(samples / SAMPLE_RATE / tracks.length);
  };
  const heard: Item[][] = [];
  for (const { audio, channel } of tracks) {
    const items = await recognizeTrack(deps.engine, { audio: passing(audio, onHeard), config }, signal);
    heard.push(channel === undefined ? items : items.map((item) => ({ ...item, channel })));
  }
  return heard;
}

interface Track {
  readonly audio: Audio;
  /** Label of the channel; absent: all channels, mixed. */
  readonly channel?: string;
}

async function tracksOf(
  decoder: Decoder,
  { path, config }: Recording,
  signal: AbortSignal,
): Promise<Track[]> {
  if (!isByChannel(config)) return [{ audio: decoder.decode(path, signal) }];
  const { channels } = await decoder.probe(path, signal);
  return channelLabels(config, channels).map((channel, index) => ({
    audio: decoder.decodeChannel(path, index, signal),
    channel,
  }));
}

async function recognizeTrack(
  engine: Engine,
  { audio, config }: { audio: Audio; config: JobConfig },
  signal: AbortSignal,
): Promise<Item[]> {
  const { audio_filtering_config: filtering } = config.transcription_config ?? {};
  const meter = createVolumeMeter();
  const items: Item[] = [];
  const options = optionsFor(config);
  const stallMs = options.speakerSensitivity === undefined ? STALL_MS : SPEAKERS_STALL_MS;
  const stall = deadline(stallMs, signal);
  const heard = passing(audio, (chunk) => {
    stall.restart();
    if (filtering) meter.hear(chunk);
  });
  try {
    for await (const item of engine.recognizeFile(heard, options, stall.signal)) {
      stall.restart();
      const isMeasured = filtering && item.type === 'word';
      items.push(isMeasured ? { ...item, volume: meter.between(item.startSeconds, item.endSeconds) } : item);
    }
  } finally {
    stall.end();
  }
  return withoutQuietWords(items, filtering?.volume_threshold ?? 0);
}

function optionsFor(config: JobConfig): RecognizeOptions {
  const { diarization, speaker_diarization_config } = config.transcription_config ?? {};
  const asked = { language: languageOf(config), model: modelOf(config) };
  if (diarization !== 'speaker') return asked;
  return { ...asked, speakerSensitivity: speaker_diarization_config?.speaker_sensitivity ?? 0.5 };
}

/** Hands audio on as it is; each chunk is shown to `onChunk` before. */
async function* passing(audio: Audio, onChunk: (chunk: Float32Array) => void): AsyncGenerator<Float32Array> {
  for await (const chunk of audio) {
    onChunk(chunk);
    yield chunk;
  }
}
