import type { Attributes } from '@opentelemetry/api';
import type { SpanFacts } from '../base/span.ts';

/** The name of every attribute that a span can have, but those of HTTP requests. */
const NAMES: Readonly<Record<keyof SpanFacts, string>> = {
  environment: 'parley.environment',
  product: 'parley.product',
  requestId: 'parley.request.id',
  workspaceId: 'parley.workspace.id',
  projectId: 'parley.project.id',
  jobId: 'parley.job.id',
  sessionId: 'parley.session.id',
  engine: 'parley.engine.name',
  outcome: 'parley.outcome',
  audioSeconds: 'parley.audio.seconds',
  jobAgeSeconds: 'parley.job.age_seconds',
  channel: 'parley.channel',
  attempt: 'parley.attempt',
  status: 'http.response.status_code',
  closeCode: 'parley.session.close_code',
};

export const attributesOf = (facts: SpanFacts): Attributes =>
  Object.fromEntries(Object.entries(facts).map(([name, value]) => [NAMES[name as keyof SpanFacts], value]));
