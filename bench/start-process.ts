import { type ChildProcess, fork } from 'node:child_process';

/** Runs a bench's other side in a process of its own, where its work delays nothing that is measured. */
export const startProcess = (module: URL): ChildProcess => fork(module, { execArgv: ['--import', 'tsx'] });
