import { PCMRecorder } from '@speechmatics/browser-audio-input';
import workletUrl from '@speechmatics/browser-audio-input/pcm-audio-worklet.min.js?url';
import { LiveFault, microphoneFault } from '../session/live-fault.ts';
import { type AudioListener, type AudioSource, SPEECH_SAMPLE_RATE } from './audio-source.ts';
import { PieceBuffer } from './piece-buffer.ts';

const CHECK_MILLISECONDS = 1000;
/** As many checks in a row without any sample: a microphone that was pulled out, or a browser that has paused. */
const CHECKS_WITHOUT_SOUND = 5;

/** Why this page cannot have a microphone at all, if so. */
export function microphoneObstacle(): LiveFault | undefined {
  if (!window.isSecureContext || navigator.mediaDevices === undefined)
    return new LiveFault('page_not_secure');
  if (typeof AudioWorkletNode === 'undefined') return new LiveFault('no_audio_worklet');
  return undefined;
}

/** The microphone, through the recorder of Speechmatics. It listens from `open`; what is said meanwhile is kept. */
export class Microphone implements AudioSource {
  readonly name = 'Microphone';
  private readonly deviceId: string | undefined;
  private readonly context = new AudioContext(contextOptions());
  private readonly recorder = new PCMRecorder(workletUrl);
  private readonly pieces = new PieceBuffer();
  private timer: ReturnType<typeof setInterval> | undefined;
  private hasHeard = false;
  private isClosed = false;

  /** To be made while a press of a key or button is handled: only then may a page use sound. */
  constructor(deviceId: string | undefined) {
    this.deviceId = deviceId;
    this.recorder.addEventListener('audio', ({ data }) => {
      this.hasHeard = true;
      this.pieces.add(data);
    });
  }

  get sampleRate(): number {
    return this.context.sampleRate;
  }

  async open(): Promise<void> {
    try {
      await this.recorder.startRecording({
        audioContext: this.context,
        ...(this.deviceId !== undefined && { recordingOptions: { deviceId: { exact: this.deviceId } } }),
      });
    } catch (cause) {
      throw microphoneFault(cause);
    } finally {
      // Whoever asked may have left while the browser waited for the person's consent.
      if (this.isClosed) this.recorder.stopRecording();
    }
  }

  async begin({ onAudio, onEnd }: AudioListener): Promise<void> {
    this.pieces.listen(onAudio);
    let quietChecks = 0;
    this.timer = setInterval(() => {
      quietChecks = this.hasHeard ? 0 : quietChecks + 1;
      this.hasHeard = false;
      const isGone = !this.recorder.isRecording || quietChecks >= CHECKS_WITHOUT_SOUND;
      if (isGone) onEnd(new LiveFault('microphone_lost'));
    }, CHECK_MILLISECONDS);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    clearInterval(this.timer);
    this.recorder.stopRecording();
    this.pieces.flush();
    void this.context.close();
  }
}

/** Firefox connects a microphone only to a context of the microphone's own rate. */
function contextOptions(): AudioContextOptions {
  return navigator.userAgent.includes('Firefox/') ? {} : { sampleRate: SPEECH_SAMPLE_RATE };
}
