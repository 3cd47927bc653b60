import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const LIMIT_MS = 30_000;

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the built `parley` as a person would. */
export function parley(...args: string[]): Promise<Outcome> {
  return parleyIn({}, ...args);
}

/** Runs it with settings. */
export function parleyIn(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Outcome> {
  const running = startParley(env, ...args);
  running.child.stdin.end();
  return running.outcome;
}

export interface RunningParley {
  /** Its standard input is open. */
  readonly child: ChildProcessWithoutNullStreams;
  readonly outcome: Promise<Outcome>;
  /** Waits until it has written this, to either output. */
  says(pattern: RegExp): Promise<void>;
}

/** Starts it, for what happens while it runs. */
export function startParley(env: Readonly<Record<string, string>>, ...args: string[]): RunningParley {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    err += text;
  });
  const exited = once(child, 'close') as Promise<[number]>;
  return {
    child,
    outcome: exited.then(([code]) => ({ code, out, err })),
    async says(pattern) {
      for (
        const deadline = Date.now() + LIMIT_MS;
        !pattern.test(out) && !pattern.test(err);
        await sleep(10)
      ) {
        if (child.exitCode === null && Date.now() < deadline) continue;
        child.kill('SIGKILL');
        throw new Error(`it has not written ${pattern} but ${out}\n${err}`);
      }
    },
  };
}
