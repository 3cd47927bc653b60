import { Compile } from 'typebox/compile';
import { AppError } from '../../errors/app-error.ts';
import { type FixedMembers, withLocked } from '../../identity/temporary-keys/limits.ts';
import { isAskedFor } from '../../transcripts/config-schema.ts';
import { compileReplacements } from '../../transcripts/filters/replacements.ts';
import { withoutNulls } from '../../transcripts/without-nulls.ts';
import { complaint } from './client-message.ts';
import { SessionError } from './session-error.ts';
import {
  type AudioFormat,
  type Change,
  ChangeSchema,
  type RealtimeConfig,
  StartSchema,
} from './start-schema.ts';

/** What the installed engine can do, as far as a session can ask for it. */
export interface Offer {
  /** ISO 639 codes. */
  readonly languages: readonly string[];
}

/** What may change while the session runs. */
export interface LiveConfig {
  /** From the end of a word to its final, at most. */
  readonly maxDelaySeconds: number;
  /** A value that is still being spoken (a date, an amount) is not waited for beyond the delay. */
  readonly isFixedDelay: boolean;
  readonly hasPartials: boolean;
  /** Silence after speech that ends an utterance; 0: none does. */
  readonly silenceSeconds: number;
  /** Quieter words are left out; present, even 0: words carry their volume. */
  readonly volumeThreshold: number | undefined;
}

export interface SessionConfig {
  readonly audio: AudioFormat;
  readonly transcription: RealtimeConfig;
  readonly live: LiveConfig;
  /** Labels of the channels that are sent apart; absent: one mixed channel. */
  readonly channels?: readonly string[];
  /** What is told the client before the session starts. */
  readonly warnings: readonly SessionWarning[];
}

export interface SessionWarning {
  readonly type: 'unsupported_translation_pair' | 'empty_translation_target_list';
  readonly reason: string;
}

const startValidator = Compile(StartSchema);
const changeValidator = Compile(ChangeSchema);

const MIN_DELAY_SECONDS = 0.7;
const MAX_DELAY_SECONDS = 4;

/** Each is a stream of its own for the engine. */
const MAX_CHANNELS = 8;

/**
 * Reads StartRecognition. Throws `invalid_config`, `invalid_language`, `invalid_model`, and `not_allowed` for what no
 * installed engine offers, or a member that is locked.
 * @param lock members of transcription_config with the only value they may have: absent ones get it
 */
export function readStart(message: object, offer: Offer, lock: FixedMembers = {}): SessionConfig {
  const start = withLockedConfig(withoutNulls(message), lock);
  if (!startValidator.Check(start)) throw invalidConfig(startValidator.Errors(start));
  const { transcription_config: transcription, translation_config: translation } = start;
  refuseUnavailable(transcription, offer);
  if (start.audio_events_config) throw notOffered('audio_events_config');
  const channels = channelsOf(transcription);
  return {
    audio: start.audio_format ?? { type: 'file' },
    transcription,
    live: liveConfigOf(transcription),
    ...(channels && { channels }),
    warnings: translation ? translationWarnings(transcription.language, translation.target_languages) : [],
  };
}

/**
 * Reads the `transcription_config` of SetRecognitionConfig against the one in force: clients send the whole of it, so
 * members that cannot be changed may be there as they are. Throws `invalid_config`, and `not_allowed` for a member that
 * is locked.
 * @param lock as for `readStart`
 */
export function readChange(change: object, inForce: RealtimeConfig, lock: FixedMembers = {}): RealtimeConfig {
  const wanted = locked(withoutNulls(change), lock);
  if (!changeValidator.Check(wanted)) throw invalidConfig(changeValidator.Errors(wanted));
  for (const [name, value] of Object.entries(wanted)) {
    if (Object.hasOwn(ChangeSchema.properties, name) && name !== 'language') continue;
    const isSame = JSON.stringify(value) === JSON.stringify(inForce[name as keyof RealtimeConfig]);
    if (!isSame) throw new SessionError('invalid_config', `${name} cannot be changed during a session`);
  }
  return { ...inForce, ...(wanted as Change), language: inForce.language };
}

/** The model that a valid config asks for, by whichever name. */
export const modelOf = ({ model, operating_point }: RealtimeConfig): string =>
  model ?? operating_point ?? 'standard';

export function liveConfigOf(config: RealtimeConfig): LiveConfig {
  const { max_delay = MAX_DELAY_SECONDS, max_delay_mode, audio_filtering_config: filtering } = config;
  return {
    maxDelaySeconds: Math.min(MAX_DELAY_SECONDS, Math.max(MIN_DELAY_SECONDS, max_delay)),
    isFixedDelay: max_delay_mode === 'fixed',
    hasPartials: config.enable_partials ?? false,
    silenceSeconds: config.conversation_config?.end_of_utterance_silence_trigger ?? 0,
    volumeThreshold: filtering && (filtering.volume_threshold ?? 0),
  };
}

function withLockedConfig(start: object, lock: FixedMembers): object {
  const { transcription_config: sent } = start as { transcription_config?: unknown };
  // Anything but an object is refused by the schema.
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return start;
  return { ...start, transcription_config: locked(sent, lock) };
}

function locked(transcription: object, lock: FixedMembers): object {
  try {
    return withLocked('transcription_config', transcription, lock);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new SessionError('not_allowed', error.detail ?? error.message);
  }
}

function channelsOf({ diarization, channel_diarization_labels: labels = [] }: RealtimeConfig) {
  if (diarization !== 'channel') return undefined;
  if (labels.length > 0 && labels.length <= MAX_CHANNELS) return labels;
  throw new SessionError(
    'invalid_config',
    `channel_diarization_labels must name the channels, from 1 to ${MAX_CHANNELS} of them`,
  );
}

const UNAVAILABLE = [
  'domain',
  'output_locale',
  'additional_vocab',
] as const satisfies readonly (keyof RealtimeConfig)[];

function refuseUnavailable(config: RealtimeConfig, { languages }: Offer): void {
  const { language, diarization = 'none' } = config;
  if (!languages.includes(language)) {
    throw new SessionError(
      'invalid_language',
      `no installed engine offers the language "${language.slice(0, 50)}"`,
    );
  }
  if (modelOf(config) === 'melia-1') {
    throw new SessionError('invalid_model', 'no installed engine offers the model "melia-1"');
  }
  const member = UNAVAILABLE.find((name) => isAskedFor(config[name]));
  if (member) throw notOffered(member);
  if (diarization !== 'none' && diarization !== 'channel') throw notOffered(`diarization "${diarization}"`);
  const { sensitivity = 0.5 } = config.punctuation_overrides ?? {};
  if (sensitivity !== 0.5) throw notOffered('punctuation_overrides.sensitivity');
  if (config.enable_entities && language !== 'en') throw notOffered('enable_entities for this language');
  try {
    compileReplacements(config.transcript_filtering_config?.replacements ?? []);
  } catch (error) {
    throw new SessionError(
      'invalid_config',
      `transcript_filtering_config.replacements: ${(error as Error).message}`,
    );
  }
}

/** One of a type, whatever is asked for: the Rust client gives up when more than five messages come before the start. */
function translationWarnings(from: string, targets: readonly string[]): SessionWarning[] {
  const none: SessionWarning = {
    type: 'empty_translation_target_list',
    reason: 'there is no language to translate to',
  };
  if (targets.length === 0) return [none];
  const to = targets.map((target) => target.slice(0, 50)).join(', ');
  const reason = `no installed engine translates from ${from} to ${to}`;
  return [{ type: 'unsupported_translation_pair', reason }, none];
}

const notOffered = (what: string): SessionError =>
  new SessionError('not_allowed', `no installed engine offers ${what}`);

function invalidConfig([first]: readonly Parameters<typeof complaint>[0][]): SessionError {
  return new SessionError('invalid_config', first ? complaint(first) : 'the config is not as documented');
}
