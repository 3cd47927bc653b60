import type { Capabilities, Engine } from './engine.ts';
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

interface Adapter {
  /** Tells what the engine will be able to do, from the settings and the files of the model alone: nothing is loaded. */
  readonly describe: (settings: EngineSettings) => Promise<Capabilities>;
  readonly create: (settings: EngineSettings) => Promise<Engine>;
}

/** Every engine by name. Adapters, and their native libraries, are loaded when one is made. */
export const ENGINES = {
  moonshine: {
    describe: async () => (await import('./moonshine/capabilities.ts')).CAPABILITIES,
    create: async ({ threads }) => (await import('./moonshine/engine.ts')).createMoonshine({ threads }),
  },
  'sherpa-onnx': {
    describe: async ({ modelDirectory = '' }) =>
      (await import('./sherpa-onnx/library.ts')).readCapabilities(modelDirectory),
    create: async ({ threads, modelDirectory = '' }) =>
      (await import('./sherpa-onnx/engine.ts')).createSherpaOnnx({ modelDirectory, threads }),
  },
  speechmatics: {
    describe: async ({ upstream }) => (await import('./speechmatics/upstream.ts')).capabilitiesOf(upstream),
    create: async ({ upstream }) => (await import('./speechmatics/engine.ts')).createSpeechmatics(upstream),
  },
  scripted: {
    describe: async () => (await import('./scripted/script.ts')).CAPABILITIES,
    create: async ({ script }) => (await import('./scripted/engine.ts')).createScripted(script),
  },
} as const satisfies Record<string, Adapter>;

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
  const engine = await ENGINES[name].create(settings);
  if (settings.diarizationDirectory === undefined) return engine;
  const { openDiarizer } = await import('./sherpa-onnx/diarizer.ts');
  const { withSpeakers } = await import('./sherpa-onnx/with-speakers.ts');
  return withSpeakers(engine, await openDiarizer(settings.diarizationDirectory, settings.threads));
}

/**
 * What an engine of this spec can do, without its process, its model or any native library: for nodes that recognise
 * nothing themselves. Throws `EngineError` when the engine could not be made.
 */
export async function describeEngine({ name, settings }: EngineSpec): Promise<Capabilities> {
  const capabilities = await ENGINES[name].describe(settings);
  return settings.diarizationDirectory === undefined
    ? capabilities
    : { ...capabilities, speakerDiarization: true };
}
