import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Logger } from '../base/log.ts';
import type { Engine, Update } from '../engines/engine.ts';
import { Connection } from './connection.ts';
import type { Caller, RealtimeDeps } from './deps.ts';
import { createPlaces } from './places.ts';
import { SessionError } from './protocol/session-error.ts';
import type { Socket } from './socket.ts';

const MIB = 2 ** 20;
const START = {
  message: 'StartRecognition',
  audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
  transcription_config: { language: 'en' },
};

const gone: Update[] = [];

/** The side of a socket that a connection sees. */
class TestSocket extends EventEmitter implements Socket {
  bufferedAmount = 0;
  isPaused = false;
  readonly sent: { message: string; type?: string }[] = [];
  readonly ping = vi.fn();
  readonly close = vi.fn();
  readonly terminate = vi.fn();

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  receive(message: object | Uint8Array): void {
    const isBinary = message instanceof Uint8Array;
    this.emit('message', isBinary ? message : Buffer.from(JSON.stringify(message)), isBinary);
  }
}

const PRINCIPAL: Caller['principal'] = {
  kind: 'api-key',
  workspaceId: 'ws',
  projectId: 1,
  keyId: 'key',
  customerType: 'on-demand',
  regions: ['eu'],
  temporaryKeysEnabled: true,
};

/** A connection whose engine takes audio only while it is let. */
function bench(caller: Partial<Caller> = {}, overrides: Partial<RealtimeDeps> = {}) {
  const time = { nowMs: 0 };
  const gate = { isOpen: true, said: [] as Update[] };
  const engine: Engine = {
    name: 'test',
    version: '1',
    capabilities: { languages: ['en'], live: true },
    async *recognizeFile() {},
    async *listen(audio) {
      for await (const _part of audio) yield* gate.said.splice(0);
      yield* gate.said.splice(0);
    },
    async close() {},
  };
  const ended: unknown[] = [];
  const deps: RealtimeDeps = {
    engine,
    decoder: {
      async *decodeLive(bytes, _format, signal) {
        for await (const block of bytes) {
          while (!gate.isOpen) {
            signal.throwIfAborted();
            await sleep(1);
          }
          yield new Float32Array(block.length / 2);
        }
      },
    },
    filters: {
      filter: async (items) => ({ items: [...items], held: [] }),
      close: async () => {},
    },
    ledger: {
      open: async () => ({ admitted: true, running: 1, quota: 2, grantedSeconds: Number.POSITIVE_INFINITY }),
      extend: async () => 0,
      note: () => {},
      end: async (_id, used) => void ended.push(used),
      stop: async () => {},
    },
    standing: { watch: () => () => {}, stop: async () => {} },
    places: createPlaces(4),
    options: { startSeconds: 60, idleSeconds: 3_600, sessionSeconds: 172_800 },
    clock: { now: () => time.nowMs },
    log: { error: () => {}, info: () => {} } as unknown as Logger,
    ...overrides,
  };
  const socket = new TestSocket();
  sockets.push(socket);
  const environment = { name: 'EU2', region: 'eu' };
  const connection = new Connection(deps, socket, {
    principal: PRINCIPAL,
    requestId: 'r',
    environment,
    ...caller,
  });
  const passes = (ms: number) => {
    time.nowMs += ms;
    connection.tick(time.nowMs);
  };
  const started = async () => {
    socket.receive(START);
    await vi.waitFor(() => expect(socket.sent.map(({ message }) => message)).toContain('RecognitionStarted'));
  };
  return { connection, socket, gate, passes, started, ended, deps };
}

const sockets: TestSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.emit('close', 1006);
});

describe('audio that comes faster than it is heard', () => {
  it('stops the reading at 32 MiB, and lets it go on below 16', async () => {
    const { socket, gate, started } = bench();
    await started();
    gate.isOpen = false;
    for (let sent = 0; sent < 33; sent += 1) socket.receive(new Uint8Array(MIB));
    expect(socket.isPaused).toBe(true);
    gate.isOpen = true;
    await vi.waitFor(() => expect(socket.isPaused).toBe(false));
  });

  it('never stops it for longer than 15 s, so that a ping behind the audio is answered', async () => {
    const { socket, gate, started, passes, connection } = bench();
    await started();
    gate.isOpen = false;
    for (let sent = 0; sent < 34; sent += 1) socket.receive(new Uint8Array(MIB));
    passes(14_000);
    expect(socket.isPaused).toBe(true);
    passes(1_000);
    expect(socket.isPaused).toBe(false);
    socket.receive(new Uint8Array(MIB));
    expect(socket.isPaused).toBe(false);
    for (let sent = 0; sent < 2; sent += 1) socket.receive(new Uint8Array(MIB));
    expect(socket.isPaused).toBe(true);
    // But no more than 64 MiB ever wait.
    for (let sent = 0; sent < 30; sent += 1) socket.receive(new Uint8Array(MIB));
    passes(60_000);
    expect(socket.isPaused).toBe(true);
    expect(connection.session.queuedBytes).toBeGreaterThan(60 * MIB);
  });
});

describe('a client that does not read', () => {
  it('holds up what it says, and is read again once it does', async () => {
    const { socket, started } = bench();
    await started();
    socket.bufferedAmount = 2 * MIB;
    socket.receive(new Uint8Array(1));
    expect(socket.isPaused).toBe(true);
    socket.bufferedAmount = 0;
    await vi.waitFor(() => expect(socket.isPaused).toBe(false));
  });

  it('for three minutes is ended, also when it has said all', async () => {
    const { socket, started, passes } = bench();
    await started();
    socket.receive({ message: 'EndOfStream', last_seq_no: 0 });
    socket.bufferedAmount = 2 * MIB;
    passes(0);
    passes(100_000);
    socket.bufferedAmount = MIB / 2;
    passes(1_000);
    socket.bufferedAmount = 2 * MIB;
    passes(1_000);
    passes(179_000);
    expect(socket.close).not.toHaveBeenCalled();
    passes(1_000);
    expect(socket.sent.at(-1)).toMatchObject({ message: 'Error', type: 'idle_timeout' });
    expect(socket.close).toHaveBeenCalledExactlyOnceWith(1008, 'policy_violation');
  });

  it('and goes on with pings is cut', async () => {
    const { socket } = bench();
    socket.emit('ping');
    expect(socket.terminate).not.toHaveBeenCalled();
    socket.bufferedAmount = 2 * MIB;
    socket.emit('ping');
    expect(socket.terminate).toHaveBeenCalled();
  });
});

describe('a quiet client', () => {
  it('is pinged after 30 s, and again each 30 s, unless it is the Rust client', async () => {
    const { socket, passes, started } = bench();
    const rust = bench({ sdk: 'rust-0.4.0' });
    await started();
    await rust.started();
    for (let second = 0; second < 90; second += 1) {
      passes(1_000);
      rust.passes(1_000);
    }
    expect(socket.ping).toHaveBeenCalledTimes(3);
    expect(rust.socket.ping).not.toHaveBeenCalled();
  });

  it('is warned before it is ended, unless it is the Rust client, which would end the session itself', async () => {
    const clients = [bench(), bench({ sdk: 'rust-0.4.0' })];
    for (const { started } of clients) await started();
    for (let minute = 0; minute < 46; minute += 1) {
      for (const { socket, passes } of clients) {
        socket.emit('pong');
        passes(60_000);
      }
    }
    const warnings = clients.map(({ socket }) => socket.sent.filter(({ message }) => message === 'Warning'));
    expect(warnings).toMatchObject([[{ type: 'idle_timeout' }], []]);
  });

  it('that answers pings stays, one that does not is dropped after three minutes', async () => {
    const { socket, passes, started } = bench();
    const dead = bench();
    await started();
    await dead.started();
    for (let second = 0; second < 600; second += 1) {
      passes(1_000);
      dead.passes(1_000);
      if (socket.ping.mock.calls.length > 0) socket.emit('pong');
      socket.ping.mockClear();
    }
    expect(socket.close).not.toHaveBeenCalled();
    expect(dead.socket.close).toHaveBeenCalledExactlyOnceWith(1008, 'policy_violation');
  });
});

describe('pings and pongs that nobody asked for', () => {
  it.each(['ping', 'pong'])('%s: a hundred a second and no more', (name) => {
    const { socket, passes } = bench();
    for (let second = 0; second < 3; second += 1) {
      for (let sent = 0; sent < 100; sent += 1) socket.emit(name);
      passes(1_000);
    }
    for (let sent = 0; sent < 100; sent += 1) socket.emit(name);
    expect(socket.terminate).not.toHaveBeenCalled();
    socket.emit(name);
    expect(socket.terminate).toHaveBeenCalled();
  });
});

describe('a message that is too big', () => {
  it.each([
    ['audio above 10 MiB', new Uint8Array(10 * MIB + 1)],
    ['text above 4 MiB', { ...START, filling: 'x'.repeat(4 * MIB) }],
  ])('%s', async (_, message) => {
    const { socket } = bench();
    socket.receive(message);
    expect(socket.sent).toMatchObject([{ message: 'Error', type: 'invalid_message' }]);
    expect(socket.close).toHaveBeenCalledExactlyOnceWith(1009, 'message_too_big');
  });
});

describe('the end', () => {
  it('gives back the place and counts what was heard, as soon as the client is gone', async () => {
    const { socket, started, ended, deps } = bench({}, { places: createPlaces(1) });
    await started();
    socket.receive(new Uint8Array(32_000));
    await vi.waitFor(() => expect(deps.places.take(1)).toBe(false));
    await sleep(20);
    socket.emit('close', 1006);
    expect(ended).toEqual([{ language: 'en', operatingPoint: 'standard', audioSeconds: 1 }]);
    expect(deps.places.take(1)).toBe(true);
  });

  it('is told when the slot is free, so that the client may start again at once', async () => {
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const end = vi.fn(() => settled);
    const { socket, started } = bench({}, { ledger: { ...bench().deps.ledger, end } });
    await started();
    socket.receive({ message: 'EndOfStream', last_seq_no: 0 });
    await vi.waitFor(() => expect(end).toHaveBeenCalledOnce());
    await sleep(20);
    expect(socket.sent).not.toContainEqual({ message: 'EndOfTranscript' });
    settle();
    await vi.waitFor(() => expect(socket.sent.at(-1)).toEqual({ message: 'EndOfTranscript' }));
    expect(end).toHaveBeenCalledOnce();
  });

  it('is told after a second although the database does not answer', async () => {
    const end = () => new Promise<void>(() => {});
    const { socket, started } = bench({}, { ledger: { ...bench().deps.ledger, end } });
    await started();
    socket.receive({ message: 'EndOfStream', last_seq_no: 0 });
    await vi.waitFor(() => expect(socket.sent.at(-1)).toEqual({ message: 'EndOfTranscript' }), 2_000);
  });

  it('of a client that left while it was admitted gives everything back too', async () => {
    const { socket, ended, deps } = bench({}, { places: createPlaces(1) });
    socket.receive(START);
    socket.emit('close', 1006);
    await vi.waitFor(() => expect(ended).toHaveLength(1));
    expect(deps.places.take(1)).toBe(true);
  });

  it('comes with quota_exceeded when the server listens to as many as it can', async () => {
    const { socket, ended } = bench({}, { places: createPlaces(0) });
    socket.receive(START);
    await vi.waitFor(() => expect(socket.close).toHaveBeenCalledExactlyOnceWith(4005, 'quota_exceeded'));
    expect(socket.sent.map(({ message, type }) => [message, type])).toEqual([
      ['Info', 'concurrent_session_usage'],
      ['Error', 'quota_exceeded'],
    ]);
    expect(ended).toHaveLength(1);
  });

  it.each([
    ['a refusal of the guards', new SessionError('not_allowed', 'no'), 4003],
    ['a key that was revoked', new SessionError('not_authorised', 'Not Authorized'), 4001],
  ])('of %s waits for the first message', async (_, refusal, code) => {
    const { socket } = bench({ refusal });
    expect(socket.sent).toEqual([]);
    socket.receive(START);
    expect(socket.sent).toEqual([{ message: 'Error', type: refusal.type, reason: refusal.message }]);
    expect(socket.close).toHaveBeenCalledExactlyOnceWith(code, refusal.type);
  });

  it('comes when the engine does not take its audio for a minute', async () => {
    const { socket, started, passes } = bench(
      {},
      {
        engine: {
          name: 'hangs',
          version: '1',
          capabilities: { languages: ['en'], live: true },
          async *recognizeFile() {},
          async *listen(audio, _options, signal) {
            for await (const _part of audio) {
              await sleep(60_000, undefined, { signal });
              yield* gone;
            }
          },
          async close() {},
        },
      },
    );
    await started();
    socket.receive(new Uint8Array(320));
    await sleep(20);
    passes(59_000);
    expect(socket.close).not.toHaveBeenCalled();
    passes(2_000);
    expect(socket.sent.at(-1)).toMatchObject({ message: 'Error', type: 'job_error' });
    expect(socket.close).toHaveBeenCalledExactlyOnceWith(4013, 'job_error');
  });
});
