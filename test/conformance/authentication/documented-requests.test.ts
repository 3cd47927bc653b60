import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, createApiKey } from '../../helpers/api.ts';
import { type RunningServer, startServer } from '../../helpers/server.ts';

/** The curl lines of docs/authentication.md, sent as they stand there. */
const PAGE = readFileSync(new URL('../../../docs/authentication.md', import.meta.url), 'utf8');
const LINES = [...PAGE.matchAll(/^```\n(curl [\s\S]*?)\n```$/gm)].map(([, line = '']) => line);

interface Request {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As a shell and curl would take the line; knows the options of the page and refuses others. */
function parse(line: string, variables: Readonly<Record<string, string>>): Request {
  const expand = (text: string) => text.replaceAll(/\$([A-Z_]+)/g, (_, name) => variables[name] ?? '');
  const words = [...line.replaceAll('\\\n', ' ').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, verbatim, quoted, bare]) => verbatim ?? expand(quoted ?? bare ?? ''),
  );
  let method = 'GET';
  let target = '';
  let body: string | undefined;
  const headers: Record<string, string> = {};
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === 'curl' || word === '-L') continue;
    if (word.startsWith('http://127.0.0.1:8080/')) target = word.slice('http://127.0.0.1:8080'.length);
    else if (word === '-X') method = words.shift() ?? '';
    else if (word === '-d') body = words.shift() ?? '';
    else if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(': ');
      headers[name] = value;
    } else throw new Error(`the test does not know ${word}`);
  }
  return { method, target, headers, ...(body !== undefined && { body }) };
}

let server: RunningServer;
let variables: Record<string, string>;
beforeAll(async () => {
  server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
  const { api_key, management_token, operator_token, workspace_id } = server.bootstrap;
  await createApiKey(server, { name: 'To be revoked' });
  const [newest] = (await ask(server, '/v1/api-keys', { key: management_token })).json<
    { apikey_id: string }[]
  >();
  variables = {
    API_KEY: api_key,
    MANAGEMENT_TOKEN: management_token,
    OPERATOR_TOKEN: operator_token,
    WORKSPACE_ID: workspace_id,
    KEY_ID: newest?.apikey_id ?? '',
  };
});
afterAll(() => server?.stop());

const STATUS: Readonly<Record<string, number>> = { GET: 200, PATCH: 200, DELETE: 200, POST: 201 };

it.each(
  LINES.map((line) => {
    const { method, target } = parse(line, {});
    return [`${method} ${target}`, STATUS[method], line] as const;
  }),
)('%s is answered %i', async (_, status, line) => {
  const { target, ...options } = parse(line, variables);
  const answer = await ask(server, target, options);
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status });
});

it('are on the page', () => {
  expect(LINES.length).toBeGreaterThanOrEqual(7);
});
