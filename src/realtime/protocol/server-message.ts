import type { Result } from '../../transcripts/json-v2.ts';
import type { SessionWarning } from './session-config.ts';
import type { SessionErrorType } from './session-error.ts';

/**
 * What the server says, always in text frames and without a null (Speechmatics real-time API, "API reference"). Times
 * are seconds from the start of the audio; with channels, of the channel.
 */
export type ServerMessage =
  | RecognitionStarted
  | { readonly message: 'AudioAdded'; readonly seq_no: number }
  | { readonly message: 'ChannelAudioAdded'; readonly channel: string; readonly seq_no: number }
  | Transcript
  | EndOfUtterance
  | { readonly message: 'SpeakersResult'; readonly speakers: readonly [] }
  | { readonly message: 'EndOfTranscript' }
  | Info
  | Warning
  | { readonly message: 'Error'; readonly type: SessionErrorType; readonly reason: string };

export interface RecognitionStarted {
  readonly message: 'RecognitionStarted';
  /** A UUID. */
  readonly id: string;
  readonly orchestrator_version: string;
  /** A client validates that there are no other members. */
  readonly language_pack_info: {
    readonly adapted: boolean;
    readonly itn: boolean;
    readonly language_description: string;
    readonly word_delimiter: string;
    readonly writing_direction: 'left-to-right' | 'right-to-left';
  };
  /** Where channels are told apart: the specification and a guide name the same list differently. */
  readonly channel_ids?: readonly string[];
  readonly channels?: readonly string[];
}

export interface Transcript {
  readonly message: 'AddTranscript' | 'AddPartialTranscript';
  readonly format: '2.9';
  readonly metadata: { readonly start_time: number; readonly end_time: number; readonly transcript: string };
  readonly results: readonly Result[];
  readonly channel?: string;
  /** Only when the client forced the end of an utterance. */
  readonly forced?: true;
}

export interface EndOfUtterance {
  readonly message: 'EndOfUtterance';
  readonly format: '2.9';
  readonly metadata: { readonly start_time: number; readonly end_time: number };
  readonly channel?: string;
  readonly forced?: true;
}

type Info = ConcurrentSessionUsage | RecognitionQuality;

export interface ConcurrentSessionUsage {
  readonly message: 'Info';
  readonly type: 'concurrent_session_usage';
  readonly reason: string;
  /** Sessions of the workspace, this one included. */
  readonly usage: number;
  readonly quota: number;
  /** UTC, `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly last_updated: string;
  readonly region: string;
}

export interface RecognitionQuality {
  readonly message: 'Info';
  readonly type: 'recognition_quality';
  readonly reason: string;
  readonly quality: 'broadcast' | 'telephony';
}

export interface Warning {
  readonly message: 'Warning';
  readonly type: WarningType;
  readonly reason: string;
}

export type WarningType =
  | SessionWarning['type']
  | 'add_audio_after_eos'
  | 'idle_timeout'
  | 'session_timeout'
  | 'speaker_id';
