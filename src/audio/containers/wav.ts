import type { AudioFile } from '../audio-file.ts';

/** What has the bytes; of a stream, the size is infinite. */
type Bytes = Pick<AudioFile, 'read' | 'sizeBytes'>;

const MAX_CHUNKS = 1000;
/** What programs that stream leave as data size: all ones, or the largest signed number less a header. */
const STREAMED_FROM = 0x7fff_f000;
const EXTENSIBLE = 0xfffe;
const ENCODINGS: Readonly<Record<number, WavHeader['encoding']>> = {
  1: 'pcm',
  3: 'float',
  6: 'alaw',
  7: 'mulaw',
};

export interface WavHeader {
  readonly encoding: 'pcm' | 'float' | 'alaw' | 'mulaw' | 'other';
  readonly channels: number;
  readonly sampleRate: number;
  readonly bitsPerSample: number;
  readonly bytesPerSecond: number;
  /** Bytes of one sample of all channels. */
  readonly blockBytes: number;
  readonly dataStart: number;
  /** Absent: the header was never completed, as in a recording written to a pipe. */
  readonly declaredBytes: number | undefined;
  readonly presentBytes: number;
}

/** Reads the chunks up to the audio data. `undefined`: they make no sense. */
export async function readWavHeader(file: Bytes): Promise<WavHeader | undefined> {
  let format: Buffer | undefined;
  let longDataBytes: number | undefined;
  let position = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks++) {
    const head = await file.read(position, 8);
    if (head.length < 8) return undefined;
    const id = head.toString('latin1', 0, 4);
    const sizeBytes = head.readUInt32LE(4);
    const start = position + 8;
    if (id === 'fmt ') format = await file.read(start, Math.min(sizeBytes, 40));
    if (id === 'ds64') longDataBytes = await readLongDataBytes(file, start);
    if (id === 'data') return format && describe(file, format, start, longDataBytes ?? sizeBytes);
    position = start + sizeBytes + (sizeBytes % 2);
  }
  return undefined;
}

async function readLongDataBytes(file: Bytes, start: number): Promise<number | undefined> {
  const bytes = await file.read(start + 8, 8);
  return bytes.length === 8 ? Number(bytes.readBigUInt64LE()) : undefined;
}

async function describe(file: Bytes, format: Buffer, dataStart: number, dataBytes: number) {
  if (format.length < 16) return undefined;
  const tag = format.readUInt16LE(0);
  const realTag = tag === EXTENSIBLE && format.length >= 26 ? format.readUInt16LE(24) : tag;
  const riffBytes = (await file.read(4, 4)).readUInt32LE();
  const completed = riffBytes === file.sizeBytes - 8;
  const streamed = dataBytes === 0 ? !completed : isStreamedSize(dataBytes);
  const available = file.sizeBytes - dataStart;
  return {
    encoding: ENCODINGS[realTag] ?? 'other',
    channels: format.readUInt16LE(2),
    sampleRate: format.readUInt32LE(4),
    bytesPerSecond: format.readUInt32LE(8),
    blockBytes: format.readUInt16LE(12),
    bitsPerSample: format.readUInt16LE(14),
    dataStart,
    declaredBytes: streamed ? undefined : dataBytes,
    presentBytes: streamed ? available : Math.min(dataBytes, available),
  };
}

function isStreamedSize(bytes: number): boolean {
  return bytes >= STREAMED_FROM && bytes <= 0xffff_ffff;
}

/** Whether each sample takes the same space, so that the header alone tells the duration. */
export function isUniform(header: WavHeader): boolean {
  return (
    header.encoding !== 'other' &&
    [8, 16, 24, 32, 64].includes(header.bitsPerSample) &&
    header.blockBytes === (header.channels * header.bitsPerSample) / 8
  );
}
