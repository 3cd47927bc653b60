import { availableParallelism } from 'node:os';
import { choice, integer } from '../base/option.ts';
import type { EngineName } from './registry.ts';

export const engineOptions = {
  name: choice({
    env: 'PARLEY_ENGINE',
    doc: 'Speech recognition: `moonshine` is embedded and knows English; `scripted` counts, for tests and benches.',
    default: 'moonshine',
    of: ['moonshine', 'scripted'] satisfies readonly EngineName[],
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
