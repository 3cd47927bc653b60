import type { Item } from '../../../transcripts/item.ts';
import { divideText, type HeardWord } from '../../alignment/divide-text.ts';
import { fillGaps, type Place } from '../../alignment/fill-gaps.ts';
import { measure } from '../../alignment/measure.ts';
import type { Audio, SpokenText } from '../../engine.ts';
import { inRecording } from '../../segments/in-recording.ts';
import type { MoonshineModel } from '../model.ts';
import { forceWords } from './force-words.ts';
import { segmentsOf, transcribe } from './recognize.ts';

/**
 * Finds where the words of a text are spoken, in two readings: the first recognises, which tells what part of the
 * text belongs to which segment; the second makes the decoder say that part.
 */
export async function* alignText(
  model: MoonshineModel,
  { openAudio, words }: SpokenText,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  const { heard, lengthSeconds } = await listen(model, openAudio(), signal);
  const shares = await divideText(words, heard, signal);
  const places = new Array<Place | undefined>(words.length).fill(undefined);
  if (shares.size > 0) {
    for await (const segment of segmentsOf(model, openAudio(), signal)) {
      const share = shares.get(segment.startSample) ?? [];
      const own = share.map((index) => words[index] ?? '');
      const found = own.length > 0 ? await forceWords(model, segment, own) : undefined;
      found?.forEach((place, at) => {
        places[share[at] ?? 0] = inRecording(place, segment);
      });
      signal.throwIfAborted();
    }
  }
  for (const item of fillGaps(words, places, lengthSeconds)) {
    signal.throwIfAborted();
    yield item;
  }
}

async function listen(
  model: MoonshineModel,
  audio: Audio,
  signal: AbortSignal,
): Promise<{ heard: HeardWord[]; lengthSeconds: number }> {
  const measured = measure(audio);
  const heard: HeardWord[] = [];
  for await (const segment of segmentsOf(model, measured.audio, signal)) {
    for (const { type, content } of await transcribe(model, segment, signal)) {
      if (type === 'word') heard.push({ content, segment: segment.startSample });
    }
  }
  return { heard, lengthSeconds: measured.seconds };
}
