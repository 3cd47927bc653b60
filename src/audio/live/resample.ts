import createSpeex, { type SpeexResampler } from '@echogarden/speex-resampler-wasm/simd';
import { SAMPLE_RATE } from '../sample-rate.ts';

/**
 * Of 0 to 10. Passes up to 7 kHz, holds what would fold back below -100 dB, and takes half a filter's time: 3 ms, or at
 * lower rates 48 samples.
 */
const QUALITY = 6;
/** Samples resampled at once, so that an hour sent in one piece does not stop all else, nor take much memory. */
const INPUT_SAMPLES = 8_192;
const OUTPUT_SAMPLES = 131_072;
const FLOAT_BYTES = 4;

/** What all streams share: the code, and the memory through which samples come and go. Addresses are bytes. */
interface Machine {
  readonly speex: SpeexResampler;
  readonly input: number;
  readonly output: number;
  /** Of two numbers: samples in the input, then in the output. */
  readonly lengths: number;
}

let machine: Promise<Machine> | undefined;

/** Resamples mono audio to 16 kHz, chunk by chunk, as one: the filter goes on where it was. */
export async function* resample(
  audio: AsyncIterable<Float32Array>,
  sampleRate: number,
): AsyncGenerator<Float32Array> {
  if (sampleRate === SAMPLE_RATE) return yield* audio;
  machine ??= createMachine();
  const filter = new Filter(await machine, sampleRate);
  try {
    for await (const chunk of audio) yield* filter.push(chunk);
    yield* filter.end();
  } finally {
    filter.close();
  }
}

async function createMachine(): Promise<Machine> {
  const speex = await createSpeex();
  const [input, output, lengths] = [INPUT_SAMPLES, OUTPUT_SAMPLES, 2].map((count) =>
    speex._malloc(count * FLOAT_BYTES),
  );
  if (!input || !output || !lengths) throw new Error('no memory for the resampler');
  return { speex, input, output, lengths };
}

class Filter {
  private readonly machine: Machine;
  private readonly address: number;

  constructor(machine: Machine, sampleRate: number) {
    const { speex, lengths } = machine;
    this.machine = machine;
    this.address = speex._speex_resampler_init(1, sampleRate, SAMPLE_RATE, QUALITY, lengths);
    if (this.address === 0) throw new TypeError(`audio of ${sampleRate} Hz cannot be resampled`);
    speex._speex_resampler_skip_zeros(this.address);
  }

  *push(samples: Float32Array): Generator<Float32Array> {
    for (let at = 0; at < samples.length; ) {
      const { used, resampled } = this.process(samples.subarray(at, at + INPUT_SAMPLES));
      at += used;
      if (resampled.length > 0) yield resampled;
    }
  }

  /** Silence pushes out what is still in the filter. */
  *end(): Generator<Float32Array> {
    const delay = this.machine.speex._speex_resampler_get_input_latency(this.address);
    yield* this.push(new Float32Array(delay));
  }

  close(): void {
    this.machine.speex._speex_resampler_destroy(this.address);
  }

  private process(samples: Float32Array): { used: number; resampled: Float32Array } {
    const { speex, input, output, lengths } = this.machine;
    speex.HEAPF32.set(samples, input / FLOAT_BYTES);
    const at = lengths / FLOAT_BYTES;
    speex.HEAPU32.set([samples.length, OUTPUT_SAMPLES], at);
    speex._speex_resampler_process_float(this.address, 0, input, lengths, output, lengths + FLOAT_BYTES);
    const [used = 0, count = 0] = speex.HEAPU32.subarray(at, at + 2);
    const start = output / FLOAT_BYTES;
    return { used, resampled: speex.HEAPF32.slice(start, start + count) };
  }
}
