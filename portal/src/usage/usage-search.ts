import { useNavigate, useSearch } from '@tanstack/react-router';
import { type Period, periodOf, utcToday } from './period/period.ts';
import type { Dimension } from './usage-query.ts';

const FROM = '/workspaces/$workspaceId/usage';

interface Choice {
  readonly period: Period;
  readonly by: Dimension;
}

export interface UsageChoice extends Choice {
  readonly choose: (change: Partial<Choice>) => void;
}

/** The period and the breakdown that are shown. They are in the address, so that a link leads to the same chart. */
export function useUsageChoice(): UsageChoice {
  const { since, until, by = 'day' } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const asked = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  return {
    period: periodOf(asked, utcToday()),
    by,
    choose: ({ period, by }) => {
      const change = { ...period, ...(by !== undefined && { by }) };
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
    },
  };
}
