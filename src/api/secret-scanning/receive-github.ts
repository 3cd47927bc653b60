import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { Check } from 'typebox/value';
import { AppError } from '../../errors/app-error.ts';
import type { Actor } from '../../identity/audit/event.ts';
import { type GithubKeys, isSignedByGithub } from '../../identity/leaks/github-report.ts';
import type { Leaks } from '../../identity/leaks/revoke-leaked.ts';
import { sha256Of } from '../../identity/secrets/secret.ts';
import { answers } from '../responses.ts';

const Matches = Type.Array(
  Type.Object({
    token: Type.String(),
    type: Type.String(),
    url: Type.Optional(Type.String({ description: 'Where the token was found.' })),
    source: Type.Optional(Type.String()),
  }),
);

const Labels = Type.Array(
  Type.Object({
    token_hash: Type.String({ description: 'SHA-256 of the token, hexadecimal.' }),
    token_type: Type.String(),
    label: Type.Enum(['true_positive', 'false_positive']),
  }),
);

interface Deps {
  readonly leaks: Leaks;
  /** `undefined`: this installation takes no reports. */
  readonly githubKeys: GithubKeys | undefined;
}

/** https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program */
export const receiveGithub = ({ leaks, githubKeys }: Deps) => ({
  rawBody: true as const,
  schema: {
    summary: 'Report leaked keys, signed by GitHub secret scanning; those that are ours are revoked',
    form: Matches,
    response: answers({ 200: Labels }, 'unauthenticated'),
  },
  async handler(request: FastifyRequest): Promise<Static<typeof Labels>> {
    const body = request.body as string;
    const keyIdentifier = headerOf(request, 'github-public-key-identifier');
    const signature = headerOf(request, 'github-public-key-signature');
    const isSigned =
      githubKeys !== undefined &&
      keyIdentifier !== undefined &&
      isSignedByGithub(githubKeys, { keyIdentifier, signature, body });
    // Without GitHub's keys the path answers as any other that nobody knows.
    if (!isSigned) throw new AppError('unauthenticated');
    const matches = parse(body);
    const actor: Actor = { kind: 'github', id: keyIdentifier, requestId: request.id, address: request.ip };
    const ours = await leaks.revoke(
      actor,
      matches.map(({ token, url = '' }) => ({ token, url })),
    );
    return matches.map(({ token, type }) => ({
      token_hash: sha256Of(token),
      token_type: type,
      label: ours.has(token) ? 'true_positive' : 'false_positive',
    }));
  },
});

function headerOf({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function parse(body: string): Static<typeof Matches> {
  let matches: unknown;
  try {
    matches = JSON.parse(body);
  } catch {
    // Signed, but not JSON: the shape below says no.
  }
  if (!Check(Matches, matches)) {
    throw new AppError('malformed_request', { detail: 'the body must be an array of {token, type, url}' });
  }
  return matches;
}
