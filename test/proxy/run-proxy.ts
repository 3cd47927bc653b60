import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../tools/tier-two.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashedDirectory, leashProcess } from '../helpers/leash.ts';
import { selfSigned } from '../helpers/self-signed.ts';

export type ProxyKind = 'nginx' | 'haproxy';

export interface RunningProxy {
  readonly port: number;
  /** Of the certificate, PEM; it is for `localhost`. */
  readonly ca: string;
  /** Every line of its access log so far. */
  accessLog(): string[];
  stop(): Promise<void>;
}

/** Host and port of two nodes; nodes that have every role may be named once for all. */
type Pair = readonly [string, string];
export type Nodes = Pair | Readonly<Record<'api' | 'realtime' | 'control', Pair>>;

interface Place {
  readonly nodes: Nodes;
  readonly directory: string;
  readonly port: number;
}

const READY_LIMIT_MS = 10_000;
const shipped = (file: string) =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), 'utf8');

/** Runs a proxy with the configuration that is shipped for it; only addresses and paths are those of this machine. */
export async function startProxy(kind: ProxyKind, nodes: Nodes): Promise<RunningProxy> {
  const { path: directory, remove } = leashedDirectory(`parley-${kind}-`);
  const { cert, key } = selfSigned();
  writeFileSync(path.join(directory, 'tls.crt'), cert);
  writeFileSync(path.join(directory, 'tls.key'), key);
  writeFileSync(path.join(directory, 'tls.pem'), cert + key);
  const port = await freePort();
  const place = { nodes, directory, port };
  const child = kind === 'nginx' ? startNginx(place) : startHaproxy(place);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => output.push(...String(chunk).split('\n')));
  }
  if (child.pid !== undefined) void once(child, 'exit').then(leashProcess(child.pid, 'QUIT'));
  await listens(port, child, output);
  return {
    port,
    ca: cert,
    accessLog: () =>
      kind === 'nginx' ? readFileSync(path.join(directory, 'access.log'), 'utf8').split('\n') : output,
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await remove();
    },
  };
}

function startNginx({ nodes, directory, port }: Place): ChildProcess {
  const site = fill(lead(shipped('nginx/parley-nodes.conf'), nodes) + shipped('nginx/parley.conf'), {
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    '/etc/parley/tls': path.join(directory, 'tls'),
    '/var/log/nginx/parley.log': path.join(directory, 'access.log'),
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(path.join(directory, name));
    return `${name}_temp_path ${path.join(directory, name)};`;
  });
  const file = path.join(directory, 'nginx.conf');
  const main = `daemon off; worker_processes 1; pid ${directory}/pid; error_log stderr; events {}`;
  writeFileSync(file, `${main}\nhttp {\n${temporary.join('\n')}\n${site}\n}\n`);
  return run('nginx', ['-c', file, '-p', directory, '-e', 'stderr']);
}

function startHaproxy({ nodes, directory, port }: Place): ChildProcess {
  const file = path.join(directory, 'haproxy.cfg');
  const configuration = fill(lead(shipped('haproxy/haproxy.cfg'), nodes), {
    'bind :443': `bind 127.0.0.1:${port}`,
    '/etc/parley/tls': path.join(directory, 'tls'),
  });
  writeFileSync(file, configuration);
  return run('haproxy', ['-f', file]);
}

/** Puts the addresses of the nodes into the group of each role, which both configurations have. */
function lead(configuration: string, nodes: Nodes): string {
  const sections = configuration.split(/^(?=upstream |backend )/m).map((section) => {
    const role = /^(?:upstream parley_|backend )(api|realtime|control)\b/.exec(section)?.[1];
    if (role === undefined) return section;
    const [one, two] = isPair(nodes) ? nodes : nodes[role as 'api' | 'realtime' | 'control'];
    return fill(section, { '127.0.0.1:8081': one, '127.0.0.1:8082': two });
  });
  return sections.join('');
}

const isPair = (nodes: Nodes): nodes is Pair => Array.isArray(nodes);

/** Each must be there, so that the test stays one of what is shipped. */
function fill(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((filled, [from, to]) => {
    if (!filled.includes(from)) throw new Error(`the configuration no longer holds ${from}`);
    return filled.replaceAll(from, to);
  }, text);
}

function run(name: ProxyKind, args: readonly string[]): ChildProcess {
  const program = findProgram([name]);
  if (program === undefined) throw new Error(`no ${name} here`);
  return spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function listens(port: number, child: ChildProcess, output: readonly string[]): Promise<void> {
  const deadline = Date.now() + READY_LIMIT_MS;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    if (child.exitCode !== null || Date.now() > deadline) {
      throw new Error(['the proxy does not listen', ...output].join('\n'));
    }
    await sleep(50);
  }
}
