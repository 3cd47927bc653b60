import type { Config } from '../../config/load.ts';
import type { Capabilities, Engine } from '../../engines/engine.ts';
import { EnginePool } from '../../engines/pool.ts';
import { describeEngine } from '../../engines/registry.ts';
import type { NodeRole } from '../../identity/nodes/roles.ts';
import type { Closers } from '../closers.ts';
import { engineSettings } from '../engine-settings.ts';

/** What this installation recognises, and the engine itself on nodes that hear speech. */
export interface Recognition {
  readonly capabilities: Capabilities;
  readonly engine: EnginePool | undefined;
}

const HEARING: readonly NodeRole[] = ['worker', 'realtime'];

/** Loads the engine where speech is heard; elsewhere the configuration tells what it can do, and no process is started. */
export async function openRecognition(config: Config, closers: Closers): Promise<Recognition> {
  const { name, processes, liveProcesses } = config.engines;
  const spec = { name, settings: await engineSettings(config) };
  if (!config.app.roles.some((role) => HEARING.includes(role))) {
    return { capabilities: await describeEngine(spec), engine: undefined };
  }
  const pool = await EnginePool.start(spec, { processes, liveProcesses });
  closers.add(() => pool.close());
  return { capabilities: pool.capabilities, engine: pool };
}

/** The engine of a node whose role needs one. */
export function engineOf({ engine }: Recognition): Engine {
  if (!engine) throw new TypeError('this node hears no speech');
  return engine;
}
