import { Counter, Histogram, type Registry } from 'prom-client';

/** A request that was answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of the route, never the path: that holds ids and whatever a caller writes. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
}

/** Callers may send any method; others are one. */
const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const UNMATCHED = 'unmatched';

/** Up to the longest wait that a client may ask for. */
const BUCKETS_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60];

/** Counts answers of the HTTP API. */
export function countAnswers(registry: Registry): (answered: Answered) => void {
  const requests = new Counter({
    name: 'parley_http_requests_total',
    help: 'Requests answered, by route pattern; `unmatched` are paths that do not exist.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'parley_http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer, waits a client asked for included.',
    labelNames: ['route'],
    buckets: BUCKETS_SECONDS,
    registers: [registry],
  });
  return ({ method, route = UNMATCHED, status, seconds }) => {
    requests.inc({ method: METHODS.includes(method) ? method : 'other', route, status });
    durations.observe({ route }, seconds);
  };
}
