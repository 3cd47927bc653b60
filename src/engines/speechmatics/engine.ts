import {
  type Engine,
  EngineError,
  type ListenOptions,
  type LiveAudio,
  type RecognizeOptions,
  type Update,
} from '../engine.ts';
import { UpstreamSession } from './session.ts';
import { LIMITS, type Limits, type Upstream } from './upstream.ts';

/** Of a recording: nobody waits for its words, and the recognition may look far ahead. */
const RECORDING = { maxDelaySeconds: 4, hasPartials: false, silenceSeconds: 0 };

/**
 * Recognition by another server that speaks the Speechmatics real-time API: a container, an appliance, the cloud, another
 * Parley. Each call is a session of its own with it; nothing is connected before, so it may be down meanwhile.
 */
export function createSpeechmatics(upstream: Upstream | undefined, limits: Limits = LIMITS): Engine {
  if (!upstream) throw new EngineError('the engine needs to know its upstream', { retryable: false });
  const sessions = new Set<UpstreamSession>();
  let isClosed = false;

  const check = ({ language }: Pick<RecognizeOptions, 'language'>): void => {
    if (isClosed) throw closed();
    if (upstream.languages.includes(language)) return;
    throw new EngineError(`the upstream is not asked for language ${language}`, { retryable: false });
  };

  async function* hear(
    audio: LiveAudio,
    options: ListenOptions,
    signal: AbortSignal,
  ): AsyncGenerator<Update> {
    signal.throwIfAborted();
    check(options);
    const session = new UpstreamSession(upstream as Upstream, options, limits);
    sessions.add(session);
    const abort = () => session.failed(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const sending = session.send(audio);
    try {
      yield* session.updates();
    } finally {
      session.end(new DOMException('nobody listens any more', 'AbortError'));
      signal.removeEventListener('abort', abort);
      sessions.delete(session);
      // Who aborts waits for nothing; else the audio has time to clean up.
      if (!signal.aborted) await sending;
    }
  }

  return {
    name: 'speechmatics',
    version: 'gateway',
    capabilities: { languages: upstream.languages, live: true },
    async *recognizeFile(audio, { language }, signal) {
      for await (const { finals } of hear(audio, { ...RECORDING, language }, signal)) yield* finals;
    },
    listen: hear,
    async close() {
      isClosed = true;
      for (const session of sessions) session.failed(closed());
    },
  };
}

const closed = (): EngineError => new EngineError('the engine is closed', { retryable: false });
