import { LiveFault } from '../session/live-fault.ts';
import { type AudioListener, type AudioSource, SPEECH_SAMPLE_RATE } from './audio-source.ts';
import type { Recording } from './recording.ts';

const STEP_MILLISECONDS = 100;
/** Long enough for the last word to be heard as one that has ended. */
const SILENCE_AFTER_SECONDS = 0.5;

/** A recording that plays aloud; the server gets what has been played, when it has been played. */
export class Playback implements AudioSource {
  readonly name: string;
  readonly sampleRate = SPEECH_SAMPLE_RATE;
  private readonly recording: Recording;
  private readonly url: string;
  private readonly player: HTMLAudioElement;
  private listener: AudioListener | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private sentSamples = 0;

  constructor(recording: Recording) {
    this.recording = recording;
    this.name = recording.file.name;
    this.url = URL.createObjectURL(recording.file);
    this.player = new Audio(this.url);
  }

  get positionSeconds(): number {
    return this.player.currentTime;
  }

  get isPaused(): boolean {
    return this.player.paused;
  }

  async open(): Promise<void> {
    if (this.player.error !== null) throw new LiveFault('file_not_readable');
  }

  async begin(listener: AudioListener): Promise<void> {
    this.listener = listener;
    this.player.addEventListener('ended', () => this.end());
    this.player.addEventListener('error', () => listener.onEnd(new LiveFault('file_not_readable')));
    this.timer = setInterval(() => this.sendUpTo(this.player.currentTime), STEP_MILLISECONDS);
    await this.resume();
  }

  pause(): void {
    this.player.pause();
  }

  async resume(): Promise<void> {
    try {
      await this.player.play();
    } catch (cause) {
      throw new LiveFault('file_not_playing', { cause });
    }
  }

  close(): void {
    clearInterval(this.timer);
    this.sendUpTo(this.player.currentTime);
    this.player.pause();
    // Also releases what the browser has buffered.
    this.player.removeAttribute('src');
    this.player.load();
    URL.revokeObjectURL(this.url);
  }

  private end(): void {
    clearInterval(this.timer);
    this.sendUpTo(this.recording.durationSeconds);
    this.listener?.onAudio(new Float32Array(SILENCE_AFTER_SECONDS * SPEECH_SAMPLE_RATE));
    this.listener?.onEnd();
  }

  private sendUpTo(seconds: number): void {
    const end = Math.min(this.recording.samples.length, Math.round(seconds * SPEECH_SAMPLE_RATE));
    if (end <= this.sentSamples) return;
    this.listener?.onAudio(this.recording.samples.slice(this.sentSamples, end));
    this.sentSamples = end;
  }
}
