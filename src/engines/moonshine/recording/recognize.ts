import type { Item } from '../../../transcripts/item.ts';
import { abortable } from '../../abortable.ts';
import type { Audio } from '../../engine.ts';
import { readFrames, SAMPLE_RATE } from '../../segments/frames.ts';
import { inRecording } from '../../segments/in-recording.ts';
import { withPadding } from '../../segments/padding.ts';
import { segmentItems } from '../../segments/segment-items.ts';
import { cutSegments, type Segment } from '../../segments/segmenter.ts';
import { detectVoice } from '../../segments/voice-activity.ts';
import { decodeSegment } from '../decode.ts';
import type { MoonshineModel } from '../model.ts';
import { timeTokens } from './time-tokens.ts';

/** The stretches of a recording in which somebody speaks; the same ones whenever it is read. */
export function segmentsOf(
  model: MoonshineModel,
  audio: Audio,
  signal: AbortSignal,
): AsyncGenerator<Segment> {
  return cutSegments(detectVoice(model.voiceActivity, readFrames(abortable(audio, signal))));
}

/** What is said in a recording. */
export async function* recognize(
  model: MoonshineModel,
  audio: Audio,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  for await (const segment of segmentsOf(model, audio, signal)) {
    for (const item of await transcribe(model, segment, signal)) {
      signal.throwIfAborted();
      yield item;
    }
  }
}

/** What is said in one segment, in seconds from the start of the recording. */
export async function transcribe(
  model: MoonshineModel,
  segment: Segment,
  signal: AbortSignal,
): Promise<Item[]> {
  const lengthSeconds = segment.samples.length / SAMPLE_RATE;
  const input = { samples: withPadding(segment.samples), lengthSeconds };
  const tokens = timeTokens(await decodeSegment(model, input, signal));
  const items = segmentItems(tokens, { lengthSeconds, speech: segment.speech });
  return items.map((item) => inRecording(item, segment));
}
