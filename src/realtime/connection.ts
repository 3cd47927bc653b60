import { sleep } from '../base/abort.ts';
import type { Caller, RealtimeDeps } from './deps.ts';
import { LiveSession, type Wire } from './live-session.ts';
import type { ServerMessage } from './protocol/server-message.ts';
import { SessionError } from './protocol/session-error.ts';
import type { Socket } from './socket.ts';

const MIB = 2 ** 20;
/** Audio that waits, in bytes: beyond the first, reading stops; below the second, it goes on. */
const MANY_WAITING = 32 * MIB;
const FEW_WAITING = 16 * MIB;
/** Never more than that. */
const MOST_WAITING = 64 * MIB;
/** A client's ping stands behind its audio, and it waits a minute for the pong: so reading never stops for long. */
const LONGEST_PAUSE_MS = 15_000;
/** Read at a time when more waits already. */
const SLICE_BYTES = 2 * MIB;

/** What a client does not read holds up what is told it, and at last what it says. */
const UNREAD_BYTES = MIB;
const UNREAD_POLL_MS = 50;
/** Who has not taken it for so long takes no more. */
const UNREAD_MS = 180_000;

const PING_AFTER_MS = 30_000;
/** The Rust client takes the payload of a ping for a message, and gives up, as it does at a warning that it does not know. */
const GIVES_UP_EASILY = /^rust-/;
const LITTLE_KNOWN_WARNINGS: readonly unknown[] = ['idle_timeout', 'session_timeout', 'add_audio_after_eos'];
/**
 * Pings and pongs from one tick to the next. The fragments of a message are views of what came with them, so with many
 * between them they would keep far more memory than they have bytes.
 */
const MAX_CONTROL_FRAMES = 100;

/** Larger text is no message of this protocol. The library ends what is far larger, without a word. */
const MAX_TEXT_BYTES = 4 * MIB;
const MAX_AUDIO_BYTES = 10 * MIB;
const TOO_BIG = { code: 1009, reason: 'message_too_big' };

/**
 * A client that hears an error in the moment it is connected may not be listening yet (the JavaScript one is not): a
 * refusal waits for its first message, or so long.
 */
const REFUSAL_AFTER_MS = 250;

/** A session and its socket: frames, back-pressure in both directions, pings, closing. */
export class Connection implements Wire {
  readonly session: LiveSession;
  private readonly socket: Socket;
  private readonly caller: Caller;
  private readonly deps: RealtimeDeps;
  private readonly givesUpEasily: boolean;
  private pauseAtBytes = MANY_WAITING;
  private pausedSinceMs: number | undefined;
  private pingedMs = 0;
  private controlFrames = 0;
  private unreadSinceMs: number | undefined;
  private isClosed = false;

  constructor(deps: RealtimeDeps, socket: Socket, caller: Caller) {
    this.deps = deps;
    this.socket = socket;
    this.caller = caller;
    this.givesUpEasily = GIVES_UP_EASILY.test(caller.sdk ?? '');
    this.session = new LiveSession(deps, caller, this);
    socket.on('message', (data, isBinary) => this.receive(data, isBinary));
    socket.on('ping', () => this.receiveControl());
    socket.on('pong', () => this.receiveControl());
    socket.on('close', () => {
      this.isClosed = true;
      this.session.end();
    });
    if (caller.refusal) setTimeout(() => this.refuse(), REFUSAL_AFTER_MS);
  }

  /** To be called every second or so. */
  tick(nowMs: number): void {
    const { state } = this.session;
    this.session.tick(nowMs);
    this.controlFrames = 0;
    this.endUnread(nowMs);
    const quietSinceMs = Math.max(state.lastFrameMs, this.pingedMs);
    if (!state.isOver && nowMs - quietSinceMs >= PING_AFTER_MS && !this.givesUpEasily) {
      this.pingedMs = nowMs;
      this.socket.ping();
    }
    const { pausedSinceMs = nowMs } = this;
    const waiting = this.session.queuedBytes;
    if (nowMs - pausedSinceMs >= LONGEST_PAUSE_MS && waiting < MOST_WAITING) {
      this.pauseAtBytes = waiting + SLICE_BYTES;
      this.resume();
    }
  }

  send(message: ServerMessage): void {
    if (this.isClosed || (this.givesUpEasily && isLittleKnown(message))) return;
    this.socket.send(JSON.stringify(message));
  }

  close(code: number, reason: string, afterMs: number): void {
    // The client's answer to the close has to be read.
    this.resume();
    if (afterMs === 0) this.socket.close(code, reason);
    else setTimeout(() => this.socket.close(code, reason), afterMs).unref();
  }

  isReading(): Promise<void> | undefined {
    return this.socket.bufferedAmount < UNREAD_BYTES ? undefined : this.whenReading();
  }

  taken(): void {
    if (this.pausedSinceMs === undefined || this.session.queuedBytes > FEW_WAITING) return;
    this.pauseAtBytes = MANY_WAITING;
    this.resume();
  }

  /** Ends without a word. */
  cut(): void {
    this.socket.terminate();
  }

  private receive(data: Buffer, isBinary: boolean): void {
    const { state } = this.session;
    const nowMs = this.deps.clock.now();
    state.frame(nowMs);
    if (this.caller.refusal) this.refuse();
    else if (data.length > (isBinary ? MAX_AUDIO_BYTES : MAX_TEXT_BYTES)) {
      state.fail(new SessionError('invalid_message', 'the message is too big', { close: TOO_BIG }));
    } else if (isBinary) state.audio(data, nowMs);
    else state.text(data.toString('utf8'), nowMs);
    if (this.session.queuedBytes > this.pauseAtBytes) this.pause(nowMs);
    else if (this.pausedSinceMs === undefined) void this.pauseWhileUnread(nowMs);
  }

  private receiveControl(): void {
    this.session.state.frame(this.deps.clock.now());
    this.controlFrames += 1;
    // Every ping is answered; who sends them and reads no answer would fill the memory.
    const isUnread = this.socket.bufferedAmount > UNREAD_BYTES;
    if (isUnread || this.controlFrames > MAX_CONTROL_FRAMES) this.socket.terminate();
  }

  private endUnread(nowMs: number): void {
    if (this.socket.bufferedAmount < UNREAD_BYTES) {
      this.unreadSinceMs = undefined;
      return;
    }
    this.unreadSinceMs ??= nowMs;
    if (nowMs - this.unreadSinceMs < UNREAD_MS) return;
    this.session.state.fail(new SessionError('idle_timeout', 'nothing was read for 3 minutes'));
  }

  private refuse(): void {
    if (this.caller.refusal) this.session.state.fail(this.caller.refusal);
  }

  private pause(nowMs: number): void {
    if (this.pausedSinceMs !== undefined || this.isClosed) return;
    this.pausedSinceMs = nowMs;
    this.socket.pause();
  }

  private resume(): void {
    this.pausedSinceMs = undefined;
    if (!this.isClosed) this.socket.resume();
  }

  private async pauseWhileUnread(nowMs: number): Promise<void> {
    const reading = this.isReading();
    if (!reading) return;
    this.pause(nowMs);
    await reading;
    if (this.session.queuedBytes <= this.pauseAtBytes) this.resume();
  }

  private async whenReading(): Promise<void> {
    while (!this.isClosed && this.socket.bufferedAmount >= UNREAD_BYTES) await sleep(UNREAD_POLL_MS);
  }
}

const isLittleKnown = (message: ServerMessage): boolean =>
  message.message === 'Warning' && LITTLE_KNOWN_WARNINGS.includes(message.type);
