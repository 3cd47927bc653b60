import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../errors/app-error.ts';
import type { StaticSite } from '../../http/static.ts';

/**
 * What the page may do: load its own files and talk to its own server. Nothing inline, nothing of others, in no frame.
 * `blob:` is for recordings that have not left the browser.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'microphone=(self), camera=(), geolocation=()',
  'x-frame-options': 'DENY',
};

/** Browsers heed it over HTTPS only, and complain of it otherwise. */
const OVER_HTTPS = { 'cross-origin-opener-policy': 'same-origin' };

/** The portal: every path below it is the same page, which routes for itself. */
export const getPage = (site: StaticSite | undefined) => ({
  schema: { hide: true },
  async handler(request: FastifyRequest, reply: FastifyReply) {
    if (!site) throw new AppError('not_found', { detail: 'the portal was not built: npm run build' });
    reply.headers({ ...HEADERS, ...(request.protocol === 'https' && OVER_HTTPS) });
    return site.send(reply, (request.params as { '*'?: string })['*'] ?? '');
  },
});

/** For whoever types the bare address. */
export const redirectToPage = () => ({
  schema: { hide: true },
  async handler(_request: FastifyRequest, reply: FastifyReply) {
    return reply.redirect('/portal/', 302);
  },
});
