/** One line of a server's own description, with what a request needs to be meant seriously. */
export interface Operation {
  /** For example `GET /v2/jobs/{jobid}`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly takesBody: boolean;
}

interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly requestBody?: unknown }>>>>;
}

/** The operations of an OpenAPI document. Throws when it is none. */
export function operationsOf(text: string): Operation[] {
  const { paths } = JSON.parse(text) as OpenApi;
  if (!paths) throw new Error('the description of the API names no paths');
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => method !== 'head')
      .map(([method, { requestBody }]) => ({
        name: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path,
        takesBody: requestBody !== undefined,
      })),
  );
}

/** Well-formed ids of nobody; what else a path may hold is `x`. */
const NOBODY: Readonly<Record<string, string>> = {
  jobid: '0000000000',
  apikey_id: 'key_0000000000000000',
  project_id: '2147483647',
};

/** The path with ids filled in, those of nobody where no other is given. */
export const pathOf = ({ path }: Operation, ids: Readonly<Record<string, string>> = NOBODY): string =>
  path.replace(/\{([^}]+)\}/g, (_, name: string) => ids[name] ?? NOBODY[name] ?? 'x');
