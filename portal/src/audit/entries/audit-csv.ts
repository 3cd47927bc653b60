import { csvOf } from '../../csv.ts';
import type { AuditEntry } from '../audit-query.ts';
import type { Names } from './names.ts';
import { sentenceOf } from './sentences.ts';

/** Entries with all that the log keeps of them. */
export const auditCsv = (entries: readonly AuditEntry[], names: Names): string =>
  csvOf<AuditEntry>(
    [
      { header: 'sequence', cell: ({ sequence }) => sequence },
      { header: 'at', cell: ({ at }) => at },
      { header: 'action', cell: ({ action }) => action },
      { header: 'actor_kind', cell: ({ actor }) => actor.kind },
      { header: 'actor_id', cell: ({ actor }) => actor.id },
      { header: 'actor_name', cell: ({ actor }) => actor.name ?? null },
      { header: 'target', cell: ({ target }) => target },
      { header: 'sentence', cell: (entry) => sentenceOf(entry, names) },
      { header: 'request_id', cell: (entry) => entry.request_id },
      { header: 'address', cell: ({ address }) => address },
      { header: 'details', cell: ({ details }) => JSON.stringify(details) },
      { header: 'hash', cell: ({ hash }) => hash },
    ],
    entries,
  );
