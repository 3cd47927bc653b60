import { status } from './expect.ts';
import type { Operation } from './operations.ts';
import type { Credentials, Verdict } from './target.ts';
import { type Client, JSON_TYPE } from './wire/client.ts';

interface OtherProject {
  readonly key: string;
  remove(): Promise<Verdict>;
}

/** A project beside the one under attack, with one key. `undefined` when it is not needed or cannot be made. */
export async function makeOtherProject(
  client: Client,
  { managementToken, otherProjectKey }: Credentials,
  operations: readonly Operation[],
): Promise<OtherProject | undefined> {
  const isOffered = ['POST /v1/projects', 'DELETE /v1/projects/{project_id}'].every((wanted) =>
    operations.some(({ name }) => name === wanted),
  );
  if (otherProjectKey !== undefined || managementToken === undefined || !isOffered) return undefined;
  const post = (path: string, body: object) =>
    client.ask(path, {
      method: 'POST',
      key: managementToken,
      headers: [JSON_TYPE],
      body: JSON.stringify(body),
    });
  const project = await post('/v1/projects', { name: 'parley doctor' });
  if (project.status !== 201) return undefined;
  const { project_id } = JSON.parse(project.body) as { project_id: number };
  const remove = async () => {
    const path = `/v1/projects/${project_id}`;
    const answer = await client.ask(path, { method: 'DELETE', key: managementToken });
    return status(answer, 204).map((sentence) => `project ${project_id} was not deleted: ${sentence}`);
  };
  const created = await post('/v1/api-keys', { project_id, name: 'parley doctor' });
  if (created.status === 201) {
    return { key: (JSON.parse(created.body) as { key_value: string }).key_value, remove };
  }
  await remove();
  return undefined;
}
