import type { LiveRequest, Update } from '../../engines/engine.ts';
import type { FixedMembers } from '../../identity/temporary-keys/limits.ts';
import { languagePack } from '../../transcripts/language-pack.ts';
import { type ClientMessage, readClientMessage } from '../protocol/client-message.ts';
import type { RecognitionStarted, ServerMessage } from '../protocol/server-message.ts';
import {
  type LiveConfig,
  liveConfigOf,
  type Offer,
  readChange,
  readStart,
  type SessionConfig,
} from '../protocol/session-config.ts';
import { SessionError } from '../protocol/session-error.ts';
import type { RealtimeConfig } from '../protocol/start-schema.ts';
import { type TimeLimits, Timeouts } from './timeouts.ts';
import { Track } from './track.ts';

/** What a session sets in motion. Channels are counted from 0; a session without channels has one. */
export interface SessionWork {
  send(message: ServerMessage): void;
  /** StartRecognition was accepted: to be answered by `begin`, or by `fail`. */
  start(config: SessionConfig): void;
  /** Audio as it was sent, in the session's format. */
  audio(channel: number, bytes: Uint8Array): void;
  /** No more audio of the channel will come; to be answered by `ended`. */
  endAudio(channel: number): void;
  /** @param atSeconds where in the audio; absent: at the end of what was received so far */
  request(channel: number, request: Request, atSeconds?: number): void;
  /** The session is over; the client gets `afterMs` to close the connection itself. */
  close(code: number, reason: string, afterMs: number): void;
}

export type Request = Extract<LiveRequest, { type: 'end_utterance' }> | { type: 'change'; live: LiveConfig };

export interface SessionOptions {
  readonly offer: Offer;
  readonly limits: TimeLimits;
  /** Members of `transcription_config` with the only value the caller's key allows. */
  readonly lock?: FixedMembers;
}

/** What the server found out about a session while it was starting. */
export interface Beginning {
  /** A UUID. */
  readonly id: string;
  readonly orchestratorVersion: string;
  /** Messages that come before RecognitionStarted; clients accept few. */
  readonly infos: readonly ServerMessage[];
}

type State = 'connected' | 'starting' | 'streaming' | 'draining' | 'over';

/** The client may close first, as most do. */
const CLOSE_AFTER_MS = 5_000;
/** Below this rate audio counts as telephony. */
const BROADCAST_HZ = 12_000;
const NO_SPEAKERS = 'speakers are not told apart in this session';

/**
 * One real-time session as a state machine: messages of the client, what is heard, and time come in, messages and work
 * go out. It knows neither sockets nor engines.
 *
 *     connected --StartRecognition--> starting --begin--> streaming --EndOfStream--> draining --all said--> over
 *     any --fail--> over
 *
 * A message at the wrong time is a `protocol_error`, one that cannot be read an `invalid_message`; both end the session, as
 * every Error does. `last_seq_no` is not relied on: EndOfStream means what was sent before it. Each message with audio
 * is confirmed once. Before the end EndOfTranscript or Error is always sent.
 */
export class Session {
  private state: State = 'connected';
  private readonly work: SessionWork;
  private readonly options: SessionOptions;
  private readonly timeouts: Timeouts;
  private config: SessionConfig | undefined;
  private transcription: RealtimeConfig | undefined;
  private tracks: readonly Track[] = [];
  private wantsSpeakers = false;
  private wasToldLate = false;
  /** EndOfStream came while the session was starting. */
  private endsEarly = false;

  constructor(work: SessionWork, options: SessionOptions, nowMs: number) {
    this.work = work;
    this.options = options;
    this.timeouts = new Timeouts(options.limits, nowMs);
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  get lastFrameMs(): number {
    return this.timeouts.lastFrameMs;
  }

  /** A frame of any kind, so the client is there. */
  frame(nowMs: number): void {
    this.timeouts.lastFrameMs = nowMs;
  }

  text(text: string, nowMs: number): void {
    this.guarded(() => this.obey(readClientMessage(text), nowMs));
  }

  audio(bytes: Uint8Array, nowMs: number): void {
    this.guarded(() => {
      const [track] = this.tracks;
      if (track?.label !== undefined) {
        throw new SessionError('protocol_error', 'with channels, audio is sent by AddChannelAudio');
      }
      this.addAudio(0, bytes, nowMs);
    });
  }

  /** The session has a place and an engine. */
  begin({ id, orchestratorVersion, infos }: Beginning, nowMs: number): void {
    const { config } = this;
    if (this.state !== 'starting' || !config) return;
    this.state = 'streaming';
    this.timeouts.started(nowMs);
    for (const info of infos) this.work.send(info);
    // All before RecognitionStarted: after it one of the official clients knows few of their types.
    for (const { type, reason } of config.warnings) this.work.send({ message: 'Warning', type, reason });
    this.work.send(this.recognitionStarted(config, id, orchestratorVersion));
    const quality =
      config.audio.type === 'raw' && config.audio.sample_rate < BROADCAST_HZ ? 'telephony' : 'broadcast';
    const reason = `Running recognition using a ${quality} model quality.`;
    this.work.send({ message: 'Info', type: 'recognition_quality', reason, quality });
    if (this.endsEarly) this.drain();
  }

  heard(channel: number, update: Update): void {
    if (this.isOver) return;
    for (const message of this.tracks[channel]?.heard(update) ?? []) this.work.send(message);
  }

  /** Everything in the channel has been heard. */
  ended(channel: number): void {
    const track = this.tracks[channel];
    if (track) track.isDone = true;
    if (this.isOver || !this.tracks.every(({ isDone }) => isDone)) return;
    if (this.wantsSpeakers) this.work.send({ message: 'SpeakersResult', speakers: [] });
    this.work.send({ message: 'EndOfTranscript' });
    this.state = 'over';
    this.work.close(1000, '', CLOSE_AFTER_MS);
  }

  /** Ends the session with an Error and the close that belongs to it. */
  fail({ type, message, close }: SessionError): void {
    if (this.isOver) return;
    this.state = 'over';
    this.work.send({ message: 'Error', type, reason: message });
    this.work.close(close.code, close.reason, 0);
  }

  /** To be called every second or so. */
  tick(nowMs: number): void {
    // What is said of the rest may take long, and the client has no more to say.
    if (this.state === 'draining') return;
    this.guarded(() => {
      for (const warning of this.timeouts.due(nowMs)) this.work.send(warning);
    });
  }

  private guarded(step: () => void): void {
    if (this.isOver) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      this.fail(error);
    }
  }

  private obey(message: ClientMessage, nowMs: number): void {
    if (message.message === 'StartRecognition') {
      this.start(message);
      return;
    }
    this.requireStarted(message);
    switch (message.message) {
      case 'AddChannelAudio':
        this.addAudio(this.channelOf(message.channel), decodeAudio(message.data), nowMs);
        break;
      case 'EndOfStream':
        if (this.state === 'streaming') this.drain();
        else this.endsEarly = true;
        break;
      case 'EndOfChannel':
        this.endChannel(this.channelOf(message.channel));
        break;
      case 'ForceEndOfUtterance':
        this.forceEndOfUtterance(message);
        break;
      case 'SetRecognitionConfig':
        this.change(message.transcription_config);
        break;
      case 'GetSpeakers':
        this.getSpeakers(message.final ?? false);
    }
  }

  private start(message: object): void {
    if (this.state !== 'connected') {
      throw new SessionError('protocol_error', 'StartRecognition was sent before');
    }
    const config = readStart(message, this.options.offer, this.options.lock);
    const { transcription, channels } = config;
    this.config = config;
    this.transcription = transcription;
    const { language } = transcription;
    const { wordDelimiter } = languagePack(language);
    this.tracks = (channels ?? [undefined]).map((label) => new Track({ label, language, wordDelimiter }));
    this.wantsSpeakers = transcription.speaker_diarization_config?.get_speakers ?? false;
    this.applyLive(config.live);
    this.state = 'starting';
    this.work.start(config);
  }

  private requireStarted({ message }: ClientMessage): void {
    const isInTime =
      this.state === 'streaming' ||
      this.state === 'draining' ||
      (this.state === 'starting' && message === 'EndOfStream');
    if (!isInTime) throw new SessionError('protocol_error', `${message} was sent before RecognitionStarted`);
  }

  private addAudio(channel: number, bytes: Uint8Array, nowMs: number): void {
    const track = this.tracks[channel];
    if (!track || this.state === 'connected' || this.state === 'starting') {
      throw new SessionError('protocol_error', 'audio was sent before RecognitionStarted');
    }
    if (track.isClosed) {
      this.warnLate();
      return;
    }
    this.timeouts.audio(nowMs);
    // Before it is worked on, so that nothing said of it comes first.
    this.work.send(track.added());
    this.work.audio(channel, bytes);
  }

  private warnLate(): void {
    if (this.wasToldLate) return;
    this.wasToldLate = true;
    const reason = 'audio was sent after the end of the stream and is ignored';
    this.work.send({ message: 'Warning', type: 'add_audio_after_eos', reason });
  }

  private channelOf(label: string): number {
    const channel = this.tracks.findIndex((track) => track.label === label);
    if (channel >= 0) return channel;
    throw new SessionError('protocol_error', 'the session has no such channel');
  }

  private drain(): void {
    for (const channel of this.tracks.keys()) this.endChannel(channel);
  }

  private endChannel(channel: number): void {
    const track = this.tracks[channel];
    if (!track || track.isClosed) return;
    track.isClosed = true;
    if (this.tracks.every(({ isClosed }) => isClosed)) this.state = 'draining';
    this.work.endAudio(channel);
  }

  private forceEndOfUtterance({ channel, timestamp }: { channel?: string; timestamp?: number }): void {
    const channels = channel === undefined ? [...this.tracks.keys()] : [this.channelOf(channel)];
    for (const one of channels) {
      if (this.tracks[one]?.isClosed === false) this.work.request(one, { type: 'end_utterance' }, timestamp);
    }
  }

  private change(wanted: object): void {
    if (this.state !== 'streaming' || !this.transcription) return;
    this.transcription = readChange(wanted, this.transcription, this.options.lock);
    const live = liveConfigOf(this.transcription);
    this.applyLive(live);
    for (const channel of this.tracks.keys()) this.work.request(channel, { type: 'change', live });
  }

  private applyLive({ hasPartials }: LiveConfig): void {
    for (const track of this.tracks) track.hasPartials = hasPartials;
  }

  private getSpeakers(isFinal: boolean): void {
    this.work.send({ message: 'Warning', type: 'speaker_id', reason: NO_SPEAKERS });
    if (isFinal) this.wantsSpeakers = true;
    else this.work.send({ message: 'SpeakersResult', speakers: [] });
  }

  private recognitionStarted(
    { transcription, channels }: SessionConfig,
    id: string,
    orchestratorVersion: string,
  ): RecognitionStarted {
    const pack = languagePack(transcription.language);
    return {
      message: 'RecognitionStarted',
      id,
      orchestrator_version: orchestratorVersion,
      language_pack_info: {
        adapted: false,
        itn: false,
        language_description: pack.languageDescription,
        word_delimiter: pack.wordDelimiter,
        writing_direction: pack.writingDirection,
      },
      ...(channels && { channel_ids: channels, channels }),
    };
  }
}

/** Node leaves out what is no base64; audio with holes is noise. */
function decodeAudio(base64: string): Buffer {
  const padding = base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === Math.floor(((base64.length - padding) * 3) / 4)) return bytes;
  throw new SessionError('invalid_message', 'AddChannelAudio: "data" is no base64');
}
