import { SAMPLE_RATE } from '../sample-rate.ts';

/** Share of frames that may fail to decode before FFmpeg gives up (exit 69). Recordings off the air have a few. */
const MAX_ERROR_RATE = '0.1';
/** Demuxers whose containers declare a duration that only FFmpeg reads. It says so at level "info". */
const DECLARING = ['mov', 'matroska'];
const MAX_ALLOCATION_BYTES = String(64 * 1024 * 1024);
/** Decoders that may run: no video decoder, although files may hold pictures. */
const DECODERS = [
  ...['mp1', 'mp2', 'mp3'].flatMap((name) => [name, `${name}float`]),
  ...[
    'aac',
    'aac_fixed',
    'aac_latm',
    'alac',
    'flac',
    'opus',
    'libopus',
    'vorbis',
    'libvorbis',
    'ac3',
    'eac3',
  ],
  ...['amrnb', 'amrwb', 'libopencore_amrnb', 'libopencore_amrwb'],
  ...['adpcm_ms', 'adpcm_ima_wav', 'adpcm_ima_qt', 'adpcm_g722', 'adpcm_g726', 'gsm', 'gsm_ms'],
  ...['pcm_alaw', 'pcm_mulaw', 'pcm_u8', 'pcm_s8', 'pcm_dvd', 'pcm_bluray'],
  ...['s16', 's24', 's32', 'f32', 'f64'].flatMap((name) => [`pcm_${name}le`, `pcm_${name}be`]),
];

export interface Input {
  /** Absolute path. */
  readonly path: string;
  readonly demuxer: string;
  /** Seconds after which reading stops. */
  readonly maxSeconds: number;
}

/** Not a file but what comes through stdin, as long as it comes. */
export type StreamInput = Pick<Input, 'demuxer'>;

/**
 * Walks through the packets of the first audio stream without decoding them, and decodes the beginning
 * to stdout as an AU file, whose header tells the real rate and channels. Progress goes to stderr.
 */
export function probeArguments(input: Input, sampleSeconds: number): string[] {
  const demux = ['-map', '0:a:0', '-c', 'copy', '-t', String(input.maxSeconds), '-f', 'null', 'pipe:1'];
  const sample = ['-map', '0:a:0', '-c:a', 'pcm_s16be', '-t', String(sampleSeconds), '-f', 'au', 'pipe:1'];
  const level = DECLARING.includes(input.demuxer) ? 'info' : 'fatal';
  return ['-loglevel', level, '-progress', 'pipe:2', ...inputArguments(input), ...demux, ...sample];
}

/**
 * Decodes the first audio stream to stdout: 16-bit little-endian samples, 16 kHz, one channel: the one given,
 * counted from 0, else a mix of all. Of a stream, samples leave as soon as they can be decoded.
 */
export function decodeArguments(input: Input | StreamInput, channel?: number): string[] {
  const filters = [
    ...(channel === undefined ? [] : [`pan=mono|c0=c${channel}`]),
    ...(input.demuxer === 'amr' ? ['aresample=async=1:min_hard_comp=0.01'] : []),
  ];
  const limit = 'path' in input ? ['-t', String(input.maxSeconds)] : ['-flush_packets', '1'];
  const format = ['-ac', '1', '-ar', String(SAMPLE_RATE), '-c:a', 'pcm_s16le', '-f', 's16le', 'pipe:1'];
  return [
    ...['-loglevel', 'fatal'],
    ...inputArguments(input),
    ...['-map', '0:a:0', ...limit],
    ...(filters.length > 0 ? ['-af', filters.join(',')] : []),
    ...format,
  ];
}

function inputArguments(input: Input | StreamInput): string[] {
  const { demuxer } = input;
  const isAmr = demuxer === 'amr';
  const [protocol, url] =
    'path' in input ? (['file', `file:${input.path}`] as const) : (['pipe', 'pipe:0'] as const);
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-max_alloc', MAX_ALLOCATION_BYTES],
    ...probingArguments(input),
    // FFmpeg calls the silent frames of AMR errors; the filter above puts silence in their place.
    ...['-max_error_rate', isAmr ? '1' : MAX_ERROR_RATE, '-filter_threads', '1'],
    ...['-threads', '1', '-protocol_whitelist', protocol, '-codec_whitelist', DECODERS.join(',')],
    ...(demuxer === 'mov' ? ['-enable_drefs', '0', '-use_absolute_path', '0'] : []),
    ...['-vn', '-sn', '-dn', '-f', demuxer, '-i', url],
  ];
}

/** How much is looked at before anything is decoded, where the usual five seconds or megabytes are too much. */
function probingArguments(input: Input | StreamInput): string[] {
  // Its header tells all; FFmpeg would look for more in megabytes of silent frames, one by one.
  if ('path' in input) return input.demuxer === 'amr' ? ['-probesize', '32768'] : [];
  // It lists no streams: the one with audio has to be met. All else is told by headers, or by the first frame.
  return input.demuxer === 'mpeg' ? ['-analyzeduration', '500000'] : ['-probesize', '32'];
}
