import type { Engine } from './engine.ts';
import type { ScriptStep } from './scripted/script.ts';

/** What engines are made with; each takes what it knows. Plain data: it travels to another process. */
export interface EngineSettings {
  /** Threads one inference may use. */
  readonly threads: number;
  /** Scripted engine only. */
  readonly script?: readonly ScriptStep[];
}

type Factory = (settings: EngineSettings) => Promise<Engine>;

/** Every engine by name. Adapters, and their native libraries, are loaded when one is made. */
export const ENGINES = {
  moonshine: async ({ threads }) => (await import('./moonshine/engine.ts')).createMoonshine({ threads }),
  scripted: async ({ script }) => (await import('./scripted/engine.ts')).createScripted(script),
} as const satisfies Record<string, Factory>;

export type EngineName = keyof typeof ENGINES;

/** An engine of the registry and its settings. */
export interface EngineSpec {
  readonly name: EngineName;
  readonly settings: EngineSettings;
}

/** Makes an engine in this process. Throws `EngineError` when it cannot be loaded. */
export function createEngine(spec: EngineSpec): Promise<Engine> {
  return ENGINES[spec.name](spec.settings);
}
