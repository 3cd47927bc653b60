import type { Engine } from './engine.ts';
import type { ScriptStep } from './scripted/script.ts';
import type { Upstream } from './speechmatics/upstream.ts';

/** What engines are made with; each takes what it knows. Plain data: it travels to another process. */
export interface EngineSettings {
  /** Threads one inference may use. */
  readonly threads: number;
  /** Directory of an installed model; sherpa-onnx only. */
  readonly modelDirectory?: string;
  /** Directory of installed models that tell speakers apart, for any engine. */
  readonly diarizationDirectory?: string;
  /** Server that recognises; speechmatics only. */
  readonly upstream?: Upstream;
  /** Scripted engine only. */
  readonly script?: readonly ScriptStep[];
}

type Factory = (settings: EngineSettings) => Promise<Engine>;

/** Every engine by name. Adapters, and their native libraries, are loaded when one is made. */
export const ENGINES = {
  moonshine: async ({ threads }) => (await import('./moonshine/engine.ts')).createMoonshine({ threads }),
  'sherpa-onnx': async ({ threads, modelDirectory = '' }) =>
    (await import('./sherpa-onnx/engine.ts')).createSherpaOnnx({ modelDirectory, threads }),
  speechmatics: async ({ upstream }) =>
    (await import('./speechmatics/engine.ts')).createSpeechmatics(upstream),
  scripted: async ({ script }) => (await import('./scripted/engine.ts')).createScripted(script),
} as const satisfies Record<string, Factory>;

export type EngineName = keyof typeof ENGINES;

/** An engine of the registry and its settings. */
export interface EngineSpec {
  readonly name: EngineName;
  readonly settings: EngineSettings;
  /** How far its process gives way to others, as `os.setPriority` counts; default 10. */
  readonly niceness?: number;
}

/** Makes an engine in this process. Throws `EngineError` when it cannot be loaded. */
export async function createEngine({ name, settings }: EngineSpec): Promise<Engine> {
  const engine = await ENGINES[name](settings);
  if (settings.diarizationDirectory === undefined) return engine;
  const { openDiarizer } = await import('./sherpa-onnx/diarizer.ts');
  const { withSpeakers } = await import('./sherpa-onnx/with-speakers.ts');
  return withSpeakers(engine, await openDiarizer(settings.diarizationDirectory, settings.threads));
}
