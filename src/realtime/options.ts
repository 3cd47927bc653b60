import { availableParallelism } from 'node:os';
import { integer } from '../base/option.ts';

/** Measured with the embedded engine, see `bench/README.md`. */
const STREAMS_PER_PROCESSOR = 3;

export const realtimeOptions = {
  maxWorkspaceSessions: integer({
    env: 'PARLEY_MAX_WORKSPACE_SESSIONS',
    doc: 'Real-time sessions a workspace may have open in one environment, unless it has a quota of its own.',
    default: 50,
    min: 1,
    max: 1_000_000,
  }),
  maxStreams: {
    ...integer({
      env: 'PARLEY_MAX_STREAMS',
      doc: 'Streams of real-time audio this process listens to at once; a session with channels has several. More sessions are refused with `quota_exceeded`.',
      default: STREAMS_PER_PROCESSOR * availableParallelism(),
      min: 1,
      max: 100_000,
    }),
    defaultText: `${STREAMS_PER_PROCESSOR} for each processor`,
  },
  startSeconds: integer({
    env: 'PARLEY_SESSION_START_SECONDS',
    doc: 'Seconds a real-time client has from connecting to StartRecognition.',
    default: 60,
    min: 1,
    max: 3_600,
  }),
  idleSeconds: integer({
    env: 'PARLEY_SESSION_IDLE_SECONDS',
    doc: 'Seconds without audio after which a real-time session ends; its client is warned 15, 10 and 5 minutes before.',
    default: 3_600,
    min: 1,
    max: 172_800,
  }),
  sessionSeconds: integer({
    env: 'PARLEY_SESSION_SECONDS',
    doc: 'Longest real-time session in seconds; its client is warned 45, 30 and 15 minutes before.',
    default: 172_800,
    min: 1,
    max: 604_800,
  }),
};
