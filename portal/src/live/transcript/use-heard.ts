import {
  type ReceiveMessageEvent,
  type TranscriptionConfig,
  useRealtimeEventListener,
} from '@speechmatics/real-time-client-react';
import { useCallback, useState } from 'react';
import { type Heard, hear, silent } from './heard.ts';

export interface HeardSessions {
  readonly sessions: readonly Heard[];
  /** What comes from now on belongs to a new session. */
  readonly begin: (source: string, config: TranscriptionConfig) => void;
  readonly clear: () => void;
}

/** What was heard since the page was opened, session by session. */
export function useHeard(): HeardSessions {
  const [sessions, setSessions] = useState<readonly Heard[]>([]);
  const receive = ({ data }: ReceiveMessageEvent) => {
    if (data.message === 'AudioAdded') return;
    setSessions((before) => {
      const last = before.at(-1);
      if (last === undefined) return before;
      const next = hear(last, data);
      return next === last ? before : [...before.slice(0, -1), next];
    });
  };
  useRealtimeEventListener('receiveMessage', useCallback(receive, []));
  const begin = (source: string, config: TranscriptionConfig) =>
    // Sessions in which nothing was said leave nothing behind.
    setSessions((before) => [
      ...before.filter(({ results }) => results.length > 0).map((heard) => ({ ...heard, partial: '' })),
      silent((before.at(-1)?.id ?? 0) + 1, source, config),
    ]);
  return { sessions, begin, clear: () => setSessions([]) };
}
