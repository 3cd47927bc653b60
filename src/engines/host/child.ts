/** Entry of an engine process: becomes the engine the server names, then serves its calls. */
import { setPriority } from 'node:os';
import { createEngine, type EngineSpec } from '../registry.ts';
import { HostedCalls } from './hosted-calls.ts';
import type { FromChild, ToChild } from './protocol.ts';

/** Recognition gives way to the server: answering requests matters more than finishing a job. */
const NICENESS = 10;

process.on('disconnect', () => process.exit(0));
process.once('message', (message: ToChild) => {
  if (message.type === 'load') void load(message.spec);
});

async function load(spec: EngineSpec): Promise<void> {
  try {
    const engine = await createEngine(spec);
    // Not before: the start of the server waits for its first engine.
    setPriority(spec.niceness ?? NICENESS);
    const calls = new HostedCalls(engine, send);
    process.on('message', (message: ToChild) => calls.receive(message));
    send({ type: 'ready', version: engine.version, capabilities: engine.capabilities });
  } catch (error) {
    send({ type: 'load_failed', message: error instanceof Error ? error.message : String(error) });
  }
}

function send(message: FromChild): void {
  // A failure means that the server is gone, and then 'disconnect' ends this process.
  process.send?.(message, undefined, undefined, () => {});
}
