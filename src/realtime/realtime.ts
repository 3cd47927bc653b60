import { waitAtMost } from '../base/abort.ts';
import type { Span, SpanFacts } from '../base/span.ts';
import { Connection } from './connection.ts';
import type { Caller, RealtimeDeps, SessionEnd } from './deps.ts';
import type { LiveSession } from './live-session.ts';
import { SessionError } from './protocol/session-error.ts';
import type { Socket } from './socket.ts';
import { createUnfinished, type Transport } from './unfinished.ts';

export interface Realtime {
  /** Takes over a connection whose caller is known. */
  accept(socket: Socket, transport: Transport, caller: Caller): void;
  /** Lets running sessions end by themselves, up to a limit, then ends them with `job_error`. */
  stop(limitMs: number): Promise<void>;
}

const TICK_MS = 1_000;
/** Connections take turns within a tick, so that many of them do not hold up those that are active. */
const TURNS = 20;
/** For clients to hear of the end. */
const FAREWELL_MS = 1_000;

/** All real-time sessions of this process; one timer moves the time of all. */
export function createRealtime(deps: RealtimeDeps): Realtime {
  const connections = new Set<Connection>();
  const turns = Array.from({ length: TURNS }, () => new Set<Connection>());
  const unfinished = createUnfinished();
  let onEmpty: () => void = () => {};
  const ticking = setInterval(() => {
    const nowMs = deps.clock.now();
    const turn = turns.shift() as Set<Connection>;
    for (const connection of turn) connection.tick(nowMs);
    turns.push(turn);
  }, TICK_MS / TURNS);

  const whenEmpty = (): Promise<void> =>
    connections.size === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          onEmpty = resolve;
        });

  return {
    accept(socket, transport, caller) {
      const span = deps.tracer?.start('session', sessionFacts(caller), caller.traceParent);
      const connection = new Connection(deps, socket, span ? { ...caller, span } : caller);
      const turn = turns[connections.size % TURNS] as Set<Connection>;
      connections.add(connection);
      turn.add(connection);
      unfinished.watch(socket, transport);
      const unwatch = deps.standing.watch(caller.principal, () =>
        connection.session.state.fail(new SessionError('not_authorised', 'Not Authorized')),
      );
      deps.events?.opened();
      const openedMs = performance.now();
      socket.on('close', (code) => {
        unwatch();
        connections.delete(connection);
        turn.delete(connection);
        deps.events?.ended(connection.session.outcome);
        if (span) endSpan(span, connection.session, code);
        const ms = Math.round(performance.now() - openedMs);
        deps.log.info({ reqId: caller.requestId, session: connection.session.id, code, ms }, 'session');
        if (connections.size === 0) onEmpty();
      });
    },
    async stop(limitMs) {
      await waitAtMost(limitMs, whenEmpty());
      for (const { session } of connections) {
        session.state.fail(new SessionError('job_error', 'the server is stopping'));
      }
      await waitAtMost(FAREWELL_MS, whenEmpty());
      for (const connection of connections) connection.cut();
      clearInterval(ticking);
    },
  };
}

const sessionFacts = ({ principal, environment, requestId }: Caller): SpanFacts => ({
  environment: environment.name,
  product: 'rt',
  workspaceId: principal.workspaceId,
  projectId: principal.projectId,
  requestId,
});

/** Ends that are the server's fault. */
const FAULTS: readonly SessionEnd[] = ['job_error', 'unknown_error'];

/** @param closeCode of the WebSocket */
function endSpan(span: Span, { id: sessionId, outcome, heardSeconds }: LiveSession, closeCode: number): void {
  span.note({ sessionId, outcome, audioSeconds: heardSeconds, closeCode });
  span.end(FAULTS.includes(outcome) ? outcome : undefined);
}
