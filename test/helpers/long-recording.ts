import { readClip } from './api.ts';

const HEADER_BYTES = 44;
const CLIP = 'sense_and_sensibility_01_austen_64kb-0870.wav';

/** A WAV file of a clip said over and over: a job that takes a while. */
export async function longRecording({ minutes }: { minutes: number }): Promise<Uint8Array<ArrayBuffer>> {
  const clip = await readClip(CLIP);
  const samples = clip.subarray(HEADER_BYTES);
  const bytesPerSecond = new DataView(clip.buffer).getUint32(28, true);
  const copies = Math.ceil((minutes * 60 * bytesPerSecond) / samples.length);
  const file = new Uint8Array(HEADER_BYTES + copies * samples.length);
  file.set(clip.subarray(0, HEADER_BYTES));
  for (let copy = 0; copy < copies; copy += 1) file.set(samples, HEADER_BYTES + copy * samples.length);
  const view = new DataView(file.buffer);
  view.setUint32(4, file.length - 8, true);
  view.setUint32(40, copies * samples.length, true);
  return file;
}
