import { constants } from 'node:fs';
import { access, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Command, Option } from 'commander';
import { createProgressBar } from '../../terminal/progress-bar.ts';
import { printable, shown } from '../../terminal/report.ts';
import { ClientError, notRun, refused } from '../client-error.ts';
import { runClient } from '../run.ts';
import { openTarget, type Target, type TargetOptions, withTarget } from '../target.ts';
import { deleteJob, endOfJob, type Job, submitJob, transcriptOf } from './jobs.ts';
import { showStatus } from './status.ts';
import { openUpload, type Upload } from './upload.ts';

interface Options extends TargetOptions {
  readonly format: 'txt' | 'json-v2' | 'srt';
  readonly output?: string;
  readonly language?: string;
  readonly diarization?: string;
  readonly config?: string;
}

export const transcribeCommand = (): Command =>
  withTarget(new Command('transcribe'))
    .argument('<file>', 'a recording')
    .addOption(
      new Option('--format <format>', 'form of the transcript')
        .choices(['txt', 'json-v2', 'srt'])
        .default('txt'),
    )
    .option('--output <file>', 'write the transcript there instead of printing it')
    .option('--language <language>', 'what is spoken (default: that of --config, or en)')
    .addOption(
      new Option('--diarization <kind>', 'who is told apart').choices(['none', 'speaker', 'channel']),
    )
    .option('--config <file>', 'a job config, JSON; other options take precedence over it')
    .action((file: string, options: Options) =>
      runClient((interrupt) => transcribe(file, options, interrupt)),
    );

async function transcribe(file: string, options: Options, interrupt: AbortSignal): Promise<void> {
  const target = await openTarget(options);
  const upload = await openUpload(file, await jobConfig(options));
  if (options.output !== undefined) await mustBeWritable(options.output);
  const id = await submit(target, upload, interrupt);
  const job = await waitFor(target, id, interrupt);
  if (job.status !== 'done') throw refused(`the job ${shown(id)} ${fate(job)}`);
  const transcript = await transcriptOf(target, id, options.format, interrupt).catch((error) => {
    throw withJob(error, id);
  });
  if (options.output === undefined) print(transcript);
  else await write(options.output, transcript, id);
}

/** The config that was given, with what the options say put into it. */
async function jobConfig({ config: file, language, diarization }: Options): Promise<object> {
  const given = file === undefined ? {} : await readConfig(file);
  const { transcription_config: transcription } = given as { transcription_config?: object };
  return {
    type: 'transcription',
    ...given,
    transcription_config: {
      language: 'en',
      ...transcription,
      ...(language !== undefined && { language }),
      ...(diarization !== undefined && { diarization }),
    },
  };
}

async function readConfig(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw notRun(`the config cannot be read: ${error.message}`);
  });
  try {
    const config: unknown = JSON.parse(text);
    if (typeof config === 'object' && config !== null && !Array.isArray(config)) return config;
  } catch {}
  throw notRun(`${file} is not a JSON object`);
}

/** Asked before the work, not after it. */
async function mustBeWritable(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  await access(isThere ? file : path.dirname(file), constants.W_OK).catch((error: Error) => {
    throw notRun(`the transcript cannot be written: ${error.message}`);
  });
}

async function submit(target: Target, upload: Upload, interrupt: AbortSignal): Promise<string> {
  const bar = createProgressBar(process.stderr);
  const onProgress = (sentBytes: number) => bar.show('uploading', sentBytes, upload.sizeBytes);
  try {
    return await submitJob(target, upload, onProgress, interrupt);
  } finally {
    bar.end();
  }
}

/** Waits for the end of the job; interrupted, it removes the job. */
async function waitFor(target: Target, id: string, interrupt: AbortSignal): Promise<Job> {
  const status = showStatus(process.stderr, `job ${shown(id)} is running`);
  try {
    return await endOfJob(target, id, interrupt).finally(status.end);
  } catch (error) {
    if (!interrupt.aborted) throw withJob(error, id);
    const { exitCode } = interrupt.reason as ClientError;
    const end = await deleteJob(target, id).then(
      () => 'is deleted',
      (reason: Error) => `could not be deleted: ${reason.message}`,
    );
    throw new ClientError(`interrupted; the unfinished job ${shown(id)} ${end}`, { exitCode });
  }
}

/** Whoever waited for it in vain can still ask for it. */
function withJob(error: unknown, id: string): unknown {
  if (!(error instanceof ClientError)) return error;
  return new ClientError(`${error.message}; the job is ${shown(id)}`, error);
}

const fate = ({ status, errors = [] }: Job): string =>
  [`is ${shown(status)}`, ...errors.map(({ message }) => shown(message))].join(': ');

function print(transcript: string): void {
  const text = transcript.endsWith('\n') || transcript === '' ? transcript : `${transcript}\n`;
  process.stdout.write(process.stdout.isTTY ? printable(text) : text);
}

async function write(file: string, transcript: string, id: string): Promise<void> {
  await writeFile(file, transcript).catch((error: Error) => {
    throw notRun(`the transcript of job ${shown(id)} cannot be written: ${error.message}`);
  });
}
