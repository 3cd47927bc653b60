import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leashedDirectory } from '../helpers/leash.ts';
import { selfSigned } from '../helpers/self-signed.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

const DOCKERFILE = fileURLToPath(new URL('../../deploy/Dockerfile', import.meta.url));

/** What the image runs to learn whether its server is well. */
function healthCheck(): readonly string[] {
  const command = /^HEALTHCHECK.*\n\s+CMD (\[.*\])$/m.exec(readFileSync(DOCKERFILE, 'utf8'))?.[1];
  return JSON.parse(command ?? '[]');
}

describe('the health check of the image', () => {
  const { path: directory, remove } = leashedDirectory('parley-image-');
  const tls = { PARLEY_TLS_CERT: path.join(directory, 'crt'), PARLEY_TLS_KEY: path.join(directory, 'key') };
  let plain: RunningServer;
  let overTls: RunningServer;

  beforeAll(async () => {
    const { cert, key } = selfSigned();
    writeFileSync(tls.PARLEY_TLS_CERT, cert);
    writeFileSync(tls.PARLEY_TLS_KEY, key);
    const env = { PARLEY_ENGINE: 'scripted' };
    [plain, overTls] = await Promise.all([startServer({ env }), startServer({ env: { ...env, ...tls } })]);
  });
  afterAll(async () => {
    await Promise.all([plain?.stop(), overTls?.stop()]);
    await remove();
  });

  /** Its exit code, with the settings of the server in its environment as in a container. */
  function check(port: string, settings: Readonly<Record<string, string>> = {}) {
    const [program = '', ...args] = healthCheck();
    expect(program).toBe('node');
    return spawnSync(process.execPath, args, { env: { ...settings, PARLEY_PORT: port } }).status;
  }
  const portOf = ({ baseUrl }: RunningServer) => new URL(baseUrl).port;

  it('passes where the server is ready, in the clear and over TLS with any certificate', () => {
    expect(check(portOf(plain))).toBe(0);
    expect(check(portOf(overTls), tls)).toBe(0);
  });

  it('fails where nobody answers', async () => {
    const port = portOf(plain);
    await plain.stop();
    expect(check(port)).toBe(1);
  });
});
