import type { InstalledModel } from '../../models/model.ts';
import { ModelError } from '../../models/model-error.ts';
import { readModel } from '../../models/models.ts';
import { type Capabilities, EngineError } from '../engine.ts';

export type Library = typeof import('sherpa-onnx-node').default;

/** Loads the native library, an optional dependency. Throws `EngineError` where it is not installed. */
export async function loadLibrary(): Promise<Library> {
  try {
    return (await import('sherpa-onnx-node')).default;
  } catch (cause) {
    const message = 'sherpa-onnx is not installed: run npm install, with optional packages, on this platform';
    throw new EngineError(message, { retryable: false, cause });
  }
}

/**
 * Reads the manifest of an installed model and sees that its files are there: the library aborts the process, or
 * returns what cannot be used, when they are not. Throws `EngineError`.
 */
export async function openModel(directory: string): Promise<InstalledModel> {
  try {
    return await readModel(directory);
  } catch (error) {
    if (error instanceof ModelError) throw new EngineError(error.message, { retryable: false, cause: error });
    throw error;
  }
}

/** What an installed model can do, by its manifest. */
export const capabilitiesOf = ({ languages }: InstalledModel): Capabilities => ({ languages, live: true });

/** As `capabilitiesOf`, for the model in a directory. Throws `EngineError`. */
export const readCapabilities = async (directory: string): Promise<Capabilities> =>
  capabilitiesOf(await openModel(directory));
