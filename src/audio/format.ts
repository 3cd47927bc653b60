import type { AudioFile } from './audio-file.ts';
import { readAdtsFrameBytes, readMpegFrame } from './containers/mpeg-frame.ts';

export type AudioFormat = 'wav' | 'mp3' | 'aac' | 'ogg' | 'mpeg' | 'amr' | 'm4a' | 'mp4' | 'flac' | 'webm';

export interface Identified {
  readonly format: AudioFormat;
  /** FFmpeg's name of the demuxer, so that it never guesses (a guess could be a playlist). */
  readonly demuxer: string;
  /** Byte at which the audio begins, behind tags. */
  readonly start: number;
}

/** Enough for two of the largest ADTS frames. */
export const HEAD_BYTES = 20_480;
/** ID3 tags that may stand before the audio. */
export const MAX_TAGS = 4;
/** Brands of pictures in the same container: HEIF, AVIF, Canon raw. */
const PICTURE_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'mif1', 'msf1', 'avif', 'avis', 'crx ']);
const DEMUXERS: Readonly<Record<AudioFormat, string>> = {
  wav: 'wav',
  mp3: 'mp3',
  aac: 'aac',
  ogg: 'ogg',
  mpeg: 'mpeg',
  amr: 'amr',
  m4a: 'mov',
  mp4: 'mov',
  flac: 'flac',
  webm: 'matroska',
};

/** Tells the format of a file from its bytes; `undefined` for anything that is not listed above. */
export async function identify(file: AudioFile): Promise<Identified | undefined> {
  let start = 0;
  for (let tags = 0; tags <= MAX_TAGS; tags++) {
    const head = await file.read(start, HEAD_BYTES);
    const tagBytes = id3Bytes(head);
    if (tagBytes === undefined) return identifyHead(head, start);
    start += tagBytes;
  }
  return undefined;
}

/** As `identify`, of the bytes that stand at `start`, behind all tags. The more there are, the more is recognised. */
export function identifyHead(head: Buffer, start: number): Identified | undefined {
  const frames = sniffFrames(head);
  if (frames) return { ...frames, start };
  const format = sniffContainer(head);
  // Only FLAC is also found behind an ID3 tag.
  if (!format || (start > 0 && format !== 'flac')) return undefined;
  return { format, demuxer: DEMUXERS[format], start };
}

/** Length of the ID3v2 tag at the beginning, its size written in seven bits per byte. */
export function id3Bytes(head: Buffer): number | undefined {
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return undefined;
  const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
  const footer = (head.readUInt8(5) & 0x10) === 0 ? 0 : 10;
  return 10 + size + footer;
}

function sniffContainer(head: Buffer): AudioFormat | undefined {
  const text = head.toString('latin1', 0, 64);
  const first = text.slice(0, 4);
  if ((first === 'RIFF' || first === 'RF64') && text.slice(8, 12) === 'WAVE') return 'wav';
  if (first === 'OggS') return 'ogg';
  if (first === 'fLaC') return 'flac';
  if (first === '\x00\x00\x01\xba') return 'mpeg';
  if (text.startsWith('#!AMR\n') || text.startsWith('#!AMR-WB\n')) return 'amr';
  if (first === '\x1a\x45\xdf\xa3') return /webm|matroska/.test(text) ? 'webm' : undefined;
  if (text.slice(4, 8) !== 'ftyp') return undefined;
  const brand = text.slice(8, 12);
  if (PICTURE_BRANDS.has(brand)) return undefined;
  return brand === 'M4A ' || brand === 'M4B ' ? 'm4a' : 'mp4';
}

/** Formats without a header: two frames in a row, or one that fills the file, possibly behind zero bytes. */
function sniffFrames(head: Buffer): Pick<Identified, 'format' | 'demuxer'> | undefined {
  const at = head.findIndex((byte) => byte !== 0);
  const frame = at < 0 ? undefined : frameAt(head, at);
  if (!frame) return undefined;
  const isAlone = frame.end === head.length;
  if (!isAlone && frameAt(head, frame.end)?.format !== frame.format) return undefined;
  return { format: frame.format, demuxer: frame.demuxer };
}

/**
 * Where audio without a header begins when it was joined in the middle of a frame, as broadcasts are: at the first of three
 * frames in a row.
 */
export function findFrames(head: Buffer): number | undefined {
  for (let at = 0; at < head.length; at++) {
    const first = frameAt(head, at);
    const second = first && frameAt(head, first.end);
    const third = second && frameAt(head, second.end);
    if (third && [second, third].every(({ format }) => format === first.format)) return at;
  }
  return undefined;
}

interface Frame extends Pick<Identified, 'format' | 'demuxer'> {
  /** Where the next begins. */
  readonly end: number;
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  const mpeg = readMpegFrame(bytes, at);
  if (mpeg) {
    const format = mpeg.layer === 3 ? 'mp3' : 'mpeg';
    return { format, demuxer: DEMUXERS.mp3, end: at + mpeg.sizeBytes };
  }
  const adtsBytes = readAdtsFrameBytes(bytes, at);
  return adtsBytes === undefined ? undefined : { format: 'aac', demuxer: DEMUXERS.aac, end: at + adtsBytes };
}
