import type { Item } from '../../transcripts/item.ts';
import { EngineError } from '../engine.ts';
import type { Script, ScriptStep } from './script.ts';

export const SAMPLE_RATE = 16_000;
/** Below this a sample counts as silence. */
const AUDIBLE = 0.001;

export const isAudible = (sample: number): boolean => Math.abs(sample) > AUDIBLE;

/** Goes through a script while audio is handed over, in chunks of any length. */
export class Player {
  private readonly steps: Iterator<ScriptStep>;
  private step: IteratorResult<ScriptStep>;
  private position = 0;
  private hasSound = false;
  private wasSaid = false;

  constructor(script: Script) {
    this.steps = script[Symbol.iterator]();
    this.step = this.steps.next();
  }

  /** The items that the script has within a chunk; does there what else it says. */
  *push(chunk: Float32Array): Generator<{ readonly item: Item; readonly delayMs?: number }> {
    let rest = chunk;
    while (!this.step.done) {
      const step = this.step.value;
      const missing = Math.max(0, Math.round(secondsOf(step) * SAMPLE_RATE) - this.position);
      const part = rest.subarray(0, missing);
      this.hasSound ||= part.some(isAudible);
      this.position += part.length;
      rest = rest.subarray(part.length);
      if (part.length < missing) return;
      // A mark has no audio of its own: it shares the fate of its word.
      const isMark = 'item' in step && step.item.type === 'punctuation';
      this.wasSaid = this.hasSound || (isMark && this.wasSaid);
      this.hasSound = false;
      this.step = this.steps.next();
      if ('failure' in step) throw new EngineError(step.failure.message, step.failure);
      if ('crash' in step) process.kill(process.pid, 'SIGKILL');
      if ('hang' in step) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      if ('item' in step && this.wasSaid) yield step;
    }
  }
}

const secondsOf = (step: ScriptStep): number => ('item' in step ? step.item.endSeconds : step.atSeconds);
