import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { usageSearch } from '../search.ts';
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

/** What the address keeps. */
type KnownDimension = NonNullable<ReturnType<typeof usageSearch>['by']>;

/** The period and the breakdown that are shown. They are in the address, so that a link leads to the same chart. */
export function useUsageChoice(): UsageChoice {
  const { since, until, by } = useSearch({ from: FROM });
  const [chosen, setChosen] = useState<Dimension>('day');
  const navigate = useNavigate({ from: FROM });
  const asked = { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
  return {
    period: periodOf(asked, utcToday()),
    by: by ?? chosen,
    choose: ({ period, by: next = by ?? chosen }) => {
      setChosen(next);
      const change = { ...period, by: next as KnownDimension };
      void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
    },
  };
}
