import { sleep } from '../../base/abort.ts';
import {
  type Engine,
  EngineError,
  type ListenOptions,
  type LiveAudio,
  type RecognizeOptions,
  type Update,
} from '../engine.ts';
import { UpstreamSession } from './session.ts';
import { capabilitiesOf, LIMITS, type Limits, type Upstream } from './upstream.ts';

/** Of a recording: nobody waits for its words, and the recognition may look far ahead. */
const RECORDING = { maxDelaySeconds: 4, hasPartials: false, silenceSeconds: 0 };

/** Between attempts to start a session for a recording; each pause is twice the one before. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

/**
 * Recognition by another server that speaks the Speechmatics real-time API: a container, an appliance, the cloud, another
 * Parley. Each call is a session of its own with it; nothing is connected before, so it may be down meanwhile.
 */
export function createSpeechmatics(upstream: Upstream | undefined, limits: Limits = LIMITS): Engine {
  const capabilities = capabilitiesOf(upstream);
  const sessions = new Set<UpstreamSession>();
  let isClosed = false;

  const check = ({ language }: Pick<RecognizeOptions, 'language'>): void => {
    if (isClosed) throw closed();
    if (capabilities.languages.includes(language)) return;
    throw new EngineError(`the upstream is not asked for language ${language}`, { retryable: false });
  };

  async function start(options: ListenOptions, signal: AbortSignal): Promise<UpstreamSession> {
    signal.throwIfAborted();
    check(options);
    const session = new UpstreamSession(upstream as Upstream, options, limits, signal);
    sessions.add(session);
    try {
      await session.started();
      return session;
    } catch (error) {
      sessions.delete(session);
      throw error;
    }
  }

  /** As `start`, but an upstream that is down, or has no place, is asked again for a while. */
  async function startInTime(options: ListenOptions, signal: AbortSignal): Promise<UpstreamSession> {
    const untilMs = performance.now() + limits.placeMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        return await start(options, signal);
      } catch (error) {
        const mayPass = error instanceof EngineError && error.retryable;
        if (!mayPass || performance.now() + pauseMs > untilMs) throw error;
      }
      await sleep(pauseMs, signal);
    }
  }

  async function* hear(
    session: UpstreamSession,
    audio: LiveAudio,
    signal: AbortSignal,
  ): AsyncGenerator<Update> {
    const sending = session.send(audio);
    try {
      yield* session.updates();
    } finally {
      session.end(new DOMException('nobody listens any more', 'AbortError'));
      sessions.delete(session);
      // Who aborts waits for nothing; else the audio has time to clean up.
      if (!signal.aborted) await sending;
    }
  }

  return {
    name: 'speechmatics',
    version: 'gateway',
    capabilities,
    async *recognizeFile(audio, options, signal) {
      const session = await startInTime({ ...RECORDING, ...options }, signal);
      for await (const { finals } of hear(session, audio, signal)) yield* finals;
    },
    async *listen(audio, options, signal) {
      yield* hear(await start(options, signal), audio, signal);
    },
    async close() {
      isClosed = true;
      for (const session of sessions) session.failed(closed());
    },
  };
}

const closed = (): EngineError => new EngineError('the engine is closed', { retryable: false });
