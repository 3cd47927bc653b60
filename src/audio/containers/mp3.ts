import type { AudioFile } from '../audio-file.ts';
import type { Claim } from './claim.ts';
import { type MpegFrame, readMpegFrame } from './mpeg-frame.ts';

const VBRI_OFFSET = 36;
const WINDOW_BYTES = 16_384;

/** The frame count that encoders leave in the first frame (Xing, Info or VBRI header). */
export async function readMp3Claim(file: AudioFile, start: number): Promise<Claim> {
  const bytes = await file.read(start, WINDOW_BYTES);
  const at = bytes.findIndex((byte) => byte !== 0);
  const frame = readMpegFrame(bytes, at);
  const frames = frame && frameCount(bytes, at, frame);
  return frames ? { seconds: (frames * frame.samples) / frame.sampleRate } : {};
}

function frameCount(bytes: Buffer, at: number, frame: MpegFrame): number | undefined {
  const xing = at + 4 + frame.sideInfoBytes;
  const vbri = at + VBRI_OFFSET;
  if (bytes.length < Math.max(xing + 12, vbri + 18)) return undefined;
  const tag = bytes.toString('latin1', xing, xing + 4);
  if (tag === 'Xing' || tag === 'Info') {
    const hasFrames = (bytes.readUInt32BE(xing + 4) & 1) === 1;
    return hasFrames ? bytes.readUInt32BE(xing + 8) : undefined;
  }
  return bytes.toString('latin1', vbri, vbri + 4) === 'VBRI' ? bytes.readUInt32BE(vbri + 14) : undefined;
}
