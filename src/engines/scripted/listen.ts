import { sleep } from '../../base/abort.ts';
import type { Item } from '../../transcripts/item.ts';
import { abortable } from '../abortable.ts';
import type { ListenOptions, LiveAudio, Update } from '../engine.ts';
import { isAudible, Player, SAMPLE_RATE } from './player.ts';
import type { Script } from './script.ts';

/** A word is a partial as soon as the audio was heard to its end, and final when its delay is over. */
export async function* listenToScript(
  script: Script,
  audio: LiveAudio,
  options: ListenOptions,
  signal: AbortSignal,
): AsyncGenerator<Update> {
  const listener = new ScriptListener(script, options);
  for await (const part of abortable(audio, signal)) {
    if (part instanceof Float32Array) {
      const update = await listener.hear(part, signal);
      if (update) yield update;
    } else if (part.type === 'change') listener.options = part.options;
    else yield listener.endUtterance('request');
  }
  yield listener.update(Number.POSITIVE_INFINITY);
}

class ScriptListener {
  options: ListenOptions;
  private readonly player: Player;
  private heardSamples = 0;
  private silentSamples = 0;
  private open: Item[] = [];
  private isInUtterance = false;

  constructor(script: Script, options: ListenOptions) {
    this.player = new Player(script);
    this.options = options;
  }

  async hear(chunk: Float32Array, signal: AbortSignal): Promise<Update | undefined> {
    for (const { item, delayMs } of this.player.push(chunk)) {
      if (delayMs) await sleep(delayMs, signal);
      this.open.push(item);
      this.isInUtterance = true;
    }
    this.heardSamples += chunk.length;
    const lastSound = chunk.findLastIndex(isAudible);
    this.silentSamples = lastSound < 0 ? this.silentSamples + chunk.length : chunk.length - 1 - lastSound;
    const { silenceSeconds, maxDelaySeconds, hasPartials } = this.options;
    const isSilent = silenceSeconds > 0 && this.silentSamples >= silenceSeconds * SAMPLE_RATE;
    if (isSilent && this.isInUtterance) return this.endUtterance('silence');
    const update = this.update(this.heardSamples / SAMPLE_RATE - maxDelaySeconds);
    return hasPartials || update.finals.length > 0 ? update : undefined;
  }

  endUtterance(utteranceEnd: 'silence' | 'request'): Update {
    this.isInUtterance = false;
    return { ...this.update(Number.POSITIVE_INFINITY), utteranceEnd };
  }

  /** What ends up to a time is final. */
  update(untilSeconds: number): Update {
    const heardSeconds = this.heardSamples / SAMPLE_RATE;
    const finals = this.open.filter(({ endSeconds }) => endSeconds <= untilSeconds);
    this.open = this.open.slice(finals.length);
    return {
      finals,
      finalSeconds: Math.max(0, Math.min(untilSeconds, heardSeconds)),
      partials: this.options.hasPartials ? this.open : [],
      heardSeconds,
    };
  }
}
