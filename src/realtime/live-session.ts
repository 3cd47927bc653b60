import { randomUUID } from 'node:crypto';
import { waitAtMost } from '../base/abort.ts';
import { inSpan } from '../base/span.ts';
import { EngineError } from '../engines/engine.ts';
import { AppError } from '../errors/app-error.ts';
import type { Admission, NotAdmitted } from '../usage/sessions/session.ts';
import type { Caller, RealtimeDeps, SessionEnd } from './deps.ts';
import type { ConcurrentSessionUsage, ServerMessage } from './protocol/server-message.ts';
import { modelOf, type SessionConfig } from './protocol/session-config.ts';
import { SessionError } from './protocol/session-error.ts';
import { AudioGrant } from './recognition/audio-grant.ts';
import { Recognition } from './recognition/recognition.ts';
import { type Request, Session, type SessionWork } from './session/session.ts';

/** The client's side of a session. */
export interface Wire {
  send(message: ServerMessage): void;
  close(code: number, reason: string, afterMs: number): void;
  /** Resolves once the client has taken most of what it was sent. */
  isReading(): Promise<void> | undefined;
  /** Audio that waited was taken. */
  taken(): void;
}

/** An engine that is at the same piece of audio for so long hangs. */
const HANG_MS = 60_000;
/** What the database does not take in time is written later; the client does not wait for it. */
const SETTLE_MS = 1_000;

/** A session at work: its place among the sessions, its audio, its engine, and what it used. */
export class LiveSession implements SessionWork {
  readonly id = randomUUID();
  readonly state: Session;
  /** Until the server ends it, it will have been the client. */
  outcome: SessionEnd = 'client_left';
  private readonly deps: RealtimeDeps;
  private readonly caller: Caller;
  private readonly wire: Wire;
  private readonly ending = new AbortController();
  private recognitions: readonly Recognition[] = [];
  private config: SessionConfig | undefined;
  private grant: AudioGrant | undefined;
  private places = 0;
  private endedChannels = 0;
  private settling: Promise<void> | undefined;

  constructor(deps: RealtimeDeps, caller: Caller, wire: Wire) {
    this.deps = deps;
    this.caller = caller;
    this.wire = wire;
    const { limits } = caller.principal;
    const { startSeconds, idleSeconds, sessionSeconds } = deps.options;
    this.state = new Session(
      this,
      {
        offer: deps.engine.capabilities,
        limits: {
          startSeconds,
          idleSeconds,
          sessionSeconds: Math.min(sessionSeconds, limits?.maxSessionSeconds ?? sessionSeconds),
        },
        ...(limits?.lock && { lock: limits.lock }),
      },
      deps.clock.now(),
    );
  }

  /** Audio that waits to be decoded. */
  get queuedBytes(): number {
    return this.recognitions.reduce((sum, { queuedBytes }) => sum + queuedBytes, 0);
  }

  /** Of all channels together. */
  get heardSeconds(): number {
    return this.grant?.usedSeconds ?? 0;
  }

  tick(nowMs: number): void {
    this.state.tick(nowMs);
    if (this.grant && this.config) this.deps.ledger.note(this.id, this.used(this.config, this.grant));
    if (this.recognitions.some((recognition) => recognition.busyMs(nowMs) > HANG_MS)) {
      this.state.fail(new SessionError('job_error', 'the engine does not answer'));
    }
  }

  send(message: ServerMessage): void {
    if (message.message === 'EndOfTranscript') this.outcome = 'completed';
    if (message.message === 'Error') this.outcome = message.type;
    this.wire.send(message);
  }

  start(config: SessionConfig): void {
    this.config = config;
    this.open(config).catch((error: unknown) => this.state.fail(this.sessionError(error)));
  }

  audio(channel: number, bytes: Uint8Array): void {
    this.recognitions[channel]?.audio(bytes);
  }

  endAudio(channel: number): void {
    this.recognitions[channel]?.endAudio();
  }

  request(channel: number, request: Request, atSeconds?: number): void {
    this.recognitions[channel]?.request(request, atSeconds);
  }

  close(code: number, reason: string, afterMs: number): void {
    this.end();
    this.wire.close(code, reason, afterMs);
  }

  /** Gives everything back, whatever state the session is in; at once, because the client may want its place again. */
  end(): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort(new DOMException('the session is over', 'AbortError'));
    this.deps.places.give(this.places);
    void this.settle();
  }

  /** Frees the slot, and counts what was used. */
  private settle(): Promise<void> {
    if (!this.grant || !this.config) return Promise.resolve();
    this.settling ??= this.deps.ledger.end(this.id, this.used(this.config, this.grant));
    return this.settling;
  }

  private async ended(channel: number): Promise<void> {
    this.endedChannels += 1;
    const isLast = this.endedChannels === this.recognitions.length;
    // Whoever reads EndOfTranscript may start the next session at once, with a key that allows one at a time.
    if (isLast) await waitAtMost(SETTLE_MS, this.settle());
    this.state.ended(channel);
  }

  private async open(config: SessionConfig): Promise<void> {
    const { language } = config.transcription;
    const { language: wanted = language } = this.caller;
    if (wanted !== language) {
      throw new SessionError(
        'invalid_config',
        `the path says language "${wanted}", the config "${language}"`,
      );
    }
    const admission = await this.admit();
    const usage = this.usageOf(admission);
    if (!admission.admitted) {
      this.send(usage);
      throw refusal(admission);
    }
    this.grant = new AudioGrant({
      grantedSeconds: admission.grantedSeconds,
      extend: () => this.deps.ledger.extend(this.id),
      maxSeconds: this.caller.principal.limits?.maxSessionSeconds,
    });
    // Meanwhile the client may have left, or its key may have been ended.
    if (this.ending.signal.aborted) {
      void this.settle();
      return;
    }
    const channels = config.channels?.length ?? 1;
    if (!this.deps.places.take(channels)) {
      this.send(usage);
      throw new SessionError('quota_exceeded', 'Concurrent Quota Exceeded');
    }
    this.places = channels;
    this.recognitions = Array.from({ length: channels }, (_, channel) => this.recognition(config, channel));
    const { name, version } = this.deps.engine;
    const orchestratorVersion = `parley ${name} ${version}`;
    this.state.begin({ id: this.id, orchestratorVersion, infos: [usage] }, this.deps.clock.now());
    this.deps.events?.started();
  }

  private recognition(config: SessionConfig, channel: number): Recognition {
    const recognition = new Recognition(this.deps, config, {
      spend: (seconds) => this.spend(seconds),
      heard: (update) => this.state.heard(channel, update),
      isReading: () => this.wire.isReading(),
      taken: () => this.wire.taken(),
    });
    const part = { name: 'recognize', facts: { engine: this.deps.engine.name, channel } } as const;
    const { signal } = this.ending;
    inSpan(this.caller.span, part, () => recognition.run(signal), signal).then(
      () => this.ended(channel),
      (error: unknown) => this.state.fail(this.sessionError(error)),
    );
    return recognition;
  }

  private spend(seconds: number): Promise<void> | undefined {
    const granting = this.grant?.spend(seconds);
    this.deps.events?.heard(seconds);
    return granting;
  }

  private admit(): Promise<Admission> {
    const { principal, environment } = this.caller;
    const { tokenId, issuedAtMs, expiresAtMs, limits } = principal;
    const isTemporary = tokenId !== undefined && issuedAtMs !== undefined && expiresAtMs !== undefined;
    return this.deps.ledger.open({
      sessionId: this.id,
      environment: environment.name,
      workspaceId: principal.workspaceId,
      projectId: principal.projectId,
      apiKeyId: principal.keyId,
      clientRef: principal.clientRef ?? null,
      ...(isTemporary && { token: { tokenId, issuedAtMs, expiresAtMs, ...limits } }),
    });
  }

  private usageOf({ running, quota }: Admission): ConcurrentSessionUsage {
    return {
      message: 'Info',
      type: 'concurrent_session_usage',
      reason: `${running} concurrent sessions active out of quota ${quota}`,
      usage: running,
      quota,
      last_updated: `${new Date(this.deps.clock.now()).toISOString().slice(0, 19)}Z`,
      region: this.caller.environment.region,
    };
  }

  private used({ transcription }: SessionConfig, { usedSeconds }: AudioGrant) {
    const { language } = transcription;
    return { language, operatingPoint: modelOf(transcription), audioSeconds: usedSeconds };
  }

  /** Errors as the client is told of them; what is the server's own goes to the log. */
  private sessionError(error: unknown): SessionError {
    if (error instanceof SessionError) return error;
    if (error instanceof EngineError) {
      if (!this.ending.signal.aborted) {
        this.deps.log.warn({ session: this.id, reason: error.message }, 'the engine failed');
      }
      return new SessionError('job_error', 'the engine failed', { cause: error });
    }
    if (error instanceof AppError) {
      if (error.code === 'unavailable')
        this.deps.log.warn({ session: this.id, reason: reasonOf(error) }, 'unavailable');
      return ofAppError(error);
    }
    if (!this.ending.signal.aborted) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      this.deps.log.error({ session: this.id, reason: message, stack }, 'session failed');
    }
    return new SessionError('unknown_error', 'an error inside the server', { cause: error });
  }
}

const reasonOf = ({ message, cause }: AppError): string => (cause instanceof Error ? cause.message : message);

function refusal({ refused }: NotAdmitted): SessionError {
  switch (refused) {
    case 'credential_over':
      return new SessionError('not_authorised', 'Not Authorized');
    case 'too_many_sessions':
      return new SessionError('quota_exceeded', 'Concurrent Quota Exceeded');
    case 'sessions_used_up':
      return new SessionError('not_allowed', 'the key has opened as many sessions as it may');
    case 'audio_used_up':
      return new SessionError('timelimit_exceeded', 'Usage Quota Exceeded');
  }
}

function ofAppError(error: AppError): SessionError {
  const { code, detail = error.message } = error;
  const type = code === 'invalid_audio' ? 'invalid_audio_type' : 'invalid_config';
  const reason = code === 'invalid_audio' ? `Invalid audio type: ${detail}` : detail;
  return new SessionError(code === 'unavailable' ? 'job_error' : type, reason, { cause: error });
}
