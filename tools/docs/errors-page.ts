import { CATALOGUE } from '../../src/errors/catalogue.ts';
import { STATUS } from '../../src/http/reply-error.ts';

/** `docs/errors.md`: the error catalogue as a table, by HTTP status and then in the catalogue's order. */
export function errorsPage(): string {
  const rows = Object.entries(CATALOGUE)
    .map(([code, entry]) => ({ code, status: STATUS[entry.category], ...entry }))
    .toSorted((a, b) => a.status - b.status)
    .map(({ code, status, error, meaning }) => `| ${status} | \`${code}\` | ${error} | ${meaning} |`);
  return `${HEAD}${rows.join('\n')}\n`;
}

const HEAD = `<!-- Generated from src/errors/catalogue.ts by \`npm run docs\`; do not edit. -->

# Errors

Every error is JSON and carries the HTTP status as \`code\` and the sentence of the column \`error\` as \`error\`;
\`detail\`, where present, is one more sentence for the caller. The column \`code\` is Parley's own name for the
error, as logs and metrics show it.

| status | code | \`error\` | meaning |
|---|---|---|---|
`;
