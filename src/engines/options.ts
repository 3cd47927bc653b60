import { availableParallelism } from 'node:os';
import { choice, integer, optionalText } from '../base/option.ts';
import type { EngineName } from './registry.ts';

export const engineOptions = {
  name: choice({
    env: 'PARLEY_ENGINE',
    doc: 'Speech recognition: `moonshine` is embedded and knows English; `sherpa-onnx` runs a model that was installed with `parley models`; `scripted` counts, for tests and benches.',
    default: 'moonshine',
    of: ['moonshine', 'sherpa-onnx', 'scripted'] satisfies readonly EngineName[],
  }),
  model: optionalText({
    env: 'PARLEY_MODEL',
    doc: 'Name of the installed model that `sherpa-onnx` runs; see [models](models.md).',
  }),
  diarizationModel: optionalText({
    env: 'PARLEY_DIARIZATION_MODEL',
    doc: 'Name of the installed model that tells speakers apart, with any engine. Unset: `diarization: speaker` is refused.',
  }),
  processes: {
    ...integer({
      env: 'PARLEY_ENGINE_PROCESSES',
      doc: 'How many recordings are recognised at once, each in a process of its own (about 0.45 GB with `moonshine`). Processes are started when there is work for them.',
      default: availableParallelism(),
      min: 1,
      max: 64,
    }),
    defaultText: 'number of processors',
  },
  threads: integer({
    env: 'PARLEY_ENGINE_THREADS',
    doc: 'Processor threads one engine process may use. More processes gain more than more threads.',
    default: 1,
    min: 1,
    max: 64,
  }),
};
