/** Decibels below full scale at which the meter shows nothing. */
const FLOOR_DECIBELS = 60;
/** Of the root mean square: what a muted microphone and an empty room stay below. */
const AUDIBLE = 0.002;

/** How loud it is and how much was sent: read by what is drawn many times a second, so it is no state of React. */
export class SoundGauge {
  /** 0 to 1, on a scale of decibels. */
  level = 0;
  /** Of the sound that was sent. */
  seconds = 0;
  /** Since something was heard. */
  quietSeconds = 0;

  measure(samples: Float32Array, sampleRate: number): void {
    const loudness = rootMeanSquare(samples);
    const seconds = samples.length / sampleRate;
    this.level = Math.max(0, Math.min(1, 1 + (20 * Math.log10(loudness)) / FLOOR_DECIBELS));
    this.seconds += seconds;
    this.quietSeconds = loudness > AUDIBLE ? 0 : this.quietSeconds + seconds;
  }

  reset(): void {
    this.level = 0;
    this.seconds = 0;
    this.quietSeconds = 0;
  }
}

function rootMeanSquare(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return Math.sqrt(sum / Math.max(1, samples.length));
}
