import { FRAME_SAMPLES, FRAME_SECONDS } from './frames.ts';
import type { VoiceFrame } from './voice-activity.ts';

/** A stretch of audio with speech in it, of at most 15 s unless told otherwise. */
export interface Segment {
  /** Position in the recording, in samples. */
  readonly startSample: number;
  readonly samples: Float32Array;
  /** Probability of speech of each 32 ms of `samples`. */
  readonly speech: readonly number[];
}

const framesIn = (seconds: number) => Math.ceil(seconds / FRAME_SECONDS);

/** Speech begins at the first bound and goes on above the second, so that a weak syllable does not end it. */
export const SPEECH_STARTS = 0.5;
const SPEECH_GOES_ON = 0.35;
const CLOSING_SILENCE_FRAMES = framesIn(0.8);
/** Quiet audio kept on either side: the detector is late for soft consonants. */
const MARGIN_FRAMES = framesIn(0.3);
const MAX_SECONDS = 15;
/** A segment that reaches the cap is split in the rest of it: 6 of 15 s. */
const EARLIEST_SPLIT = 0.6;
/** Frames averaged to judge how quiet a place is: 160 ms. */
const QUIET_FRAMES = 5;
/** A click or a breath is shorter than any word. */
const MIN_SPEECH_FRAMES = framesIn(0.1);

/**
 * Collects frames into segments. Two states: *waiting* (`voiced` false, `frames` holds only the margin before
 * a possible word) and *speaking*. A frame of speech opens a segment; 0.8 s without speech closes it; at
 * 15 s (or `maxSeconds`) it is split at its quietest place and goes on.
 */
export class Segmenter {
  private readonly maxFrames: number;
  private frames: VoiceFrame[] = [];
  private startFrame = 0;
  private voiced = false;
  private silentFrames = 0;

  constructor(maxSeconds = MAX_SECONDS) {
    this.maxFrames = Math.floor(maxSeconds / FRAME_SECONDS);
  }

  /** Takes the next frame; returns the segment it completes, if any. */
  push(frame: VoiceFrame): Segment | undefined {
    this.frames.push(frame);
    if (!this.voiced) {
      if (frame.speech >= SPEECH_STARTS) this.voiced = true;
      else this.forget(this.frames.length - MARGIN_FRAMES);
      return undefined;
    }
    this.silentFrames = frame.speech >= SPEECH_GOES_ON ? 0 : this.silentFrames + 1;
    if (this.silentFrames >= CLOSING_SILENCE_FRAMES) return this.close();
    if (this.frames.length >= this.maxFrames) return this.take(quietestFrame(this.frames));
    return undefined;
  }

  /** What would be the segment if it ended here, if it holds speech. */
  open(): Segment | undefined {
    return this.voiced ? segmentOf(this.startFrame, this.frames) : undefined;
  }

  /** Forgets the audio before a place in the open segment, in seconds of the recording. */
  forgetBefore(seconds: number): void {
    this.forget(Math.floor(seconds / FRAME_SECONDS) - this.startFrame);
  }

  /** The audio is over; returns what was still open, if it holds speech. */
  finish(): Segment | undefined {
    return this.voiced ? this.close() : undefined;
  }

  private close(): Segment | undefined {
    const segment = this.take(this.frames.length - Math.max(0, this.silentFrames - MARGIN_FRAMES));
    this.voiced = false;
    this.silentFrames = 0;
    this.forget(this.frames.length - MARGIN_FRAMES);
    return segment;
  }

  /** Cuts the first `count` frames off as a segment. */
  private take(count: number): Segment | undefined {
    const { startFrame } = this;
    return segmentOf(startFrame, this.forget(count));
  }

  private forget(count: number): VoiceFrame[] {
    const dropped = this.frames.splice(0, Math.max(0, count));
    this.startFrame += dropped.length;
    return dropped;
  }
}

/** `undefined` when nobody speaks in it for as long as a word takes. */
function segmentOf(startFrame: number, frames: readonly VoiceFrame[]): Segment | undefined {
  const speech = frames.map((frame) => frame.speech);
  if (speech.filter((probability) => probability >= SPEECH_STARTS).length < MIN_SPEECH_FRAMES)
    return undefined;
  const samples = join(frames.map((frame) => frame.samples));
  return { startSample: startFrame * FRAME_SAMPLES, samples, speech };
}

/** Yields the segments of a recording, each as soon as it is complete. */
export async function* cutSegments(
  frames: AsyncIterable<VoiceFrame>,
  maxSeconds?: number,
): AsyncGenerator<Segment> {
  const segmenter = new Segmenter(maxSeconds);
  for await (const frame of frames) {
    const segment = segmenter.push(frame);
    if (segment) yield segment;
  }
  const last = segmenter.finish();
  if (last) yield last;
}

/** Where to split: the frame around which speech is least likely and the sound is weakest. */
function quietestFrame(frames: readonly VoiceFrame[]): number {
  let best = { frame: frames.length, score: Number.POSITIVE_INFINITY };
  for (
    let frame = Math.ceil(frames.length * EARLIEST_SPLIT);
    frame + QUIET_FRAMES <= frames.length;
    frame += 1
  ) {
    const around = frames.slice(frame, frame + QUIET_FRAMES);
    const speech = around.reduce((sum, one) => sum + one.speech, 0);
    const power = around.reduce((sum, one) => sum + meanSquare(one.samples), 0);
    const score = speech * Math.sqrt(power);
    if (score < best.score) best = { frame: frame + Math.floor(QUIET_FRAMES / 2), score };
  }
  return best.frame;
}

function meanSquare(samples: Float32Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(1, samples.length);
}

function join(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
