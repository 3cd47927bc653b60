import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { HttpServer } from './http-server.ts';

/** The files of a web application, built: `index.html`, and `assets/` whose names change with their contents. */
export interface StaticSite {
  /** Answers with the file of this path; with the page itself for a path that names none, because the page routes. */
  send(reply: FastifyReply, path: string): FastifyReply;
}

const ASSET = /^assets\/[\w.-]+$/;
const A_YEAR = 'public, max-age=31536000, immutable';

/** `undefined` when nothing was built there. Files with `.br` or `.gz` beside them are sent compressed. */
export async function openStaticSite(app: HttpServer, directory: string): Promise<StaticSite | undefined> {
  if (!existsSync(join(directory, 'index.html'))) return undefined;
  await app.register(fastifyStatic, {
    root: directory,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    acceptRanges: false,
    dotfiles: 'ignore',
  });
  return {
    send(reply, path) {
      if (!ASSET.test(path)) return reply.header('cache-control', 'no-cache').sendFile('index.html');
      return reply.header('cache-control', A_YEAR).sendFile(path);
    },
  };
}
