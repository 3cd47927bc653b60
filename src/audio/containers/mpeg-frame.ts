const V1_LAYER1 = [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448];
const V1_LAYER2 = [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384];
const V1_LAYER3 = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const V2_LAYER1 = [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256];
const V2_LAYER23 = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];

/** The header of one MPEG audio frame (layer III is MP3). */
export interface MpegFrame {
  readonly layer: 1 | 2 | 3;
  readonly sampleRate: number;
  readonly samples: number;
  readonly sizeBytes: number;
  /** Length of layer III's side information, after which a Xing header stands. */
  readonly sideInfoBytes: number;
}

/** Reads the frame header at `at`; `undefined` where there is none, or one of free or reserved format. */
export function readMpegFrame(bytes: Buffer, at: number): MpegFrame | undefined {
  if (at + 4 > bytes.length) return undefined;
  const head = bytes.readUInt32BE(at);
  const version = (head >>> 19) & 3;
  const layerBits = (head >>> 17) & 3;
  const rateIndex = (head >>> 10) & 3;
  if (head >>> 21 !== 0x7ff || version === 1 || layerBits === 0 || rateIndex === 3) return undefined;
  const layer = layerBits === 3 ? 1 : layerBits === 2 ? 2 : 3;
  const first = version === 3;
  const kilobits = bitrates(first, layer)[((head >>> 12) & 15) - 1];
  const baseRate = SAMPLE_RATES[rateIndex];
  if (kilobits === undefined || baseRate === undefined) return undefined;
  const sampleRate = first ? baseRate : version === 2 ? baseRate / 2 : baseRate / 4;
  const samples = layer === 1 ? 384 : layer === 3 && !first ? 576 : 1152;
  const slotBytes = layer === 1 ? 4 : 1;
  const slots = Math.floor((samples * kilobits * 125) / sampleRate / slotBytes) + ((head >>> 9) & 1);
  const mono = ((head >>> 6) & 3) === 3;
  const sideInfoBytes = first ? (mono ? 17 : 32) : mono ? 9 : 17;
  return { layer, sampleRate, samples, sizeBytes: slots * slotBytes, sideInfoBytes };
}

function bitrates(first: boolean, layer: number): readonly number[] {
  if (layer === 1) return first ? V1_LAYER1 : V2_LAYER1;
  if (!first) return V2_LAYER23;
  return layer === 2 ? V1_LAYER2 : V1_LAYER3;
}

/** Size of the ADTS frame (AAC) whose header is at `at`; `undefined` where there is none. */
export function readAdtsFrameBytes(bytes: Buffer, at: number): number | undefined {
  if (at + 7 > bytes.length) return undefined;
  const head = bytes.readUInt32BE(at);
  if (head >>> 20 !== 0xfff || ((head >>> 17) & 3) !== 0 || ((head >>> 10) & 15) > 12) return undefined;
  const sizeBytes = (bytes.readUInt32BE(at + 2) >>> 5) & 0x1fff;
  return sizeBytes > 7 ? sizeBytes : undefined;
}
