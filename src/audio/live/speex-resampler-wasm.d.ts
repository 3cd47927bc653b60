/** The package ships no types. Addresses are bytes in the heap; the functions are those of `speex_resampler.h`. */
declare module '@echogarden/speex-resampler-wasm/simd' {
  export interface SpeexResampler {
    /** Another view once the heap has grown. */
    readonly HEAPF32: Float32Array;
    readonly HEAPU32: Uint32Array;
    _malloc(bytes: number): number;
    /** @returns the address of a filter, or 0 */
    _speex_resampler_init(
      channels: number,
      inputRate: number,
      outputRate: number,
      quality: number,
      error: number,
    ): number;
    /** Makes the first output belong to the first input. */
    _speex_resampler_skip_zeros(filter: number): number;
    /** In samples of the input. */
    _speex_resampler_get_input_latency(filter: number): number;
    /** The lengths are read and written: samples there are, samples used. @returns 0, or an error */
    _speex_resampler_process_float(
      filter: number,
      channel: number,
      input: number,
      inputLength: number,
      output: number,
      outputLength: number,
    ): number;
    _speex_resampler_destroy(filter: number): void;
  }
  export default function createSpeex(): Promise<SpeexResampler>;
}
