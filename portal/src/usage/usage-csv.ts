import { csvOf } from '../csv.ts';
import type { UsageRow } from './usage-query.ts';

/** The rows that the chart is made of, with every value by itself. */
export const usageCsv = ({ by, rows }: { readonly by: string; readonly rows: readonly UsageRow[] }): string =>
  csvOf<UsageRow>(
    [
      { header: 'day', cell: ({ day }) => day },
      ...(by === 'day'
        ? []
        : [
            { header: by, cell: ({ value }: UsageRow) => value },
            { header: 'name', cell: ({ label }: UsageRow) => label },
          ]),
      { header: 'jobs_and_sessions', cell: ({ count }) => count },
      { header: 'hours', cell: (row) => row.duration_hrs },
    ],
    rows,
  );
