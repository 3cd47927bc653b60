import { PERMISSIONS } from '../../src/identity/principal.ts';
import { type Answer, ask } from './api.ts';
import type { RunningServer } from './server.ts';

/** A request with a JSON body, if any. */
export const send = (
  server: RunningServer,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> =>
  ask(server, path, { method, key, ...(body !== undefined && { body: JSON.stringify(body) }) });

/** Sends and returns the parsed body; throws unless the status is the one expected. */
export async function expectJson<T>(status: number, answer: Promise<Answer>): Promise<T> {
  const { status: actual, text } = await answer;
  if (actual !== status) throw new Error(`answered ${actual} instead of ${status}: ${text}`);
  return JSON.parse(text) as T;
}

/** A customer: a workspace with its default project, a management token that may do everything, and an API key. */
export interface Customer {
  readonly workspaceId: string;
  readonly projectId: number;
  readonly token: string;
  readonly apiKey: string;
}

export async function newCustomer(
  server: RunningServer,
  terms: Readonly<Record<string, unknown>> = {},
): Promise<Customer> {
  const created = await expectJson<{ workspace: { workspace_id: string }; project_id: number }>(
    201,
    operate(server, 'POST', '/workspaces', { name: 'Customer', ...terms }),
  );
  const workspaceId = created.workspace.workspace_id;
  const token = await newManagementToken(server, workspaceId, PERMISSIONS);
  const key = await newKey(server, { token, projectId: created.project_id });
  return { workspaceId, projectId: created.project_id, token, apiKey: key.value };
}

export const operate = (server: RunningServer, method: string, path: string, body?: unknown) =>
  send(server, server.bootstrap.operator_token, method, `/v1/operator${path}`, body);

export async function newManagementToken(
  server: RunningServer,
  workspaceId: string,
  permissions: readonly string[],
): Promise<string> {
  const path = `/workspaces/${workspaceId}/management-tokens`;
  const body = { name: 'token', permissions };
  return (await expectJson<{ token_value: string }>(201, operate(server, 'POST', path, body))).token_value;
}

export interface NewKey {
  readonly id: string;
  readonly value: string;
}

export async function newKey(
  server: RunningServer,
  { token, projectId }: Pick<Customer, 'token' | 'projectId'>,
  properties: object = {},
): Promise<NewKey> {
  const body = { project_id: projectId, name: 'key', ...properties };
  const created = await expectJson<{ apikey_id: string; key_value: string }>(
    201,
    send(server, token, 'POST', '/v1/api-keys', body),
  );
  return { id: created.apikey_id, value: created.key_value };
}

export async function newProject(server: RunningServer, token: string, name = 'project'): Promise<number> {
  const created = expectJson<{ project_id: number }>(
    201,
    send(server, token, 'POST', '/v1/projects', { name }),
  );
  return (await created).project_id;
}
