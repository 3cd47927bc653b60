import { Command, InvalidArgumentError, Option } from 'commander';
import { notRun } from '../client-error.ts';
import { runClient } from '../run.ts';
import { openTarget, type TargetOptions, withTarget } from '../target.ts';
import { fileAudio, type LiveAudio, rawAudio } from './audio.ts';
import { createLiveText, type LiveText } from './live-text.ts';
import { type Message, reasonOf, type Session, startSession } from './session.ts';

interface Options extends TargetOptions {
  readonly language: string;
  readonly maxDelay?: number;
  readonly partials?: boolean;
  readonly json?: true;
  readonly sampleRate: number;
  readonly encoding: string;
}

/** A pause this long ends a line. */
const END_OF_UTTERANCE_SECONDS = 0.8;

export const listenCommand = (): Command =>
  withTarget(new Command('listen'))
    .argument('[file]', 'a recording, or - for raw audio on standard input', '-')
    .option('--language <language>', 'what is spoken', 'en')
    .option('--max-delay <seconds>', 'how long words may take to be final', positive)
    .option('--partials', 'show words before they are final (default: on a terminal)')
    .option('--no-partials', 'show final words only')
    .option('--json', 'print each message of the server as a line')
    .option('--sample-rate <hertz>', 'of standard input', positive, 16_000)
    .addOption(
      new Option('--encoding <encoding>', 'of standard input')
        .choices(['pcm_s16le', 'pcm_f32le', 'mulaw'])
        .default('pcm_s16le'),
    )
    .action((file: string, options: Options) => runClient((interrupt) => listen(file, options, interrupt)));

/** What is in bounds, the server knows. */
function positive(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It is a positive number.');
  return Number(text);
}

async function listen(file: string, options: Options, interrupt: AbortSignal): Promise<void> {
  const target = await openTarget(options);
  const over = new AbortController();
  const audio = await openAudio(file, options, AbortSignal.any([interrupt, over.signal]));
  const view = createLiveText(process.stdout);
  const onMessage = options.json ? printMessage : (message: Message) => show(message, view);
  const session = await startSession(target, startOf(audio, options), onMessage, interrupt);
  try {
    await Promise.all([sendAll(audio, session), session.over]);
  } catch (error) {
    session.close();
    throw error;
  } finally {
    over.abort();
    view.endLine();
  }
}

function openAudio(file: string, options: Options, signal: AbortSignal): Promise<LiveAudio> | LiveAudio {
  if (file !== '-') return fileAudio(file, signal);
  if (process.stdin.isTTY)
    throw notRun('nothing to listen to: name a recording, or send raw audio to standard input');
  return rawAudio(process.stdin, options, signal);
}

const startOf = ({ format }: LiveAudio, { language, maxDelay, partials }: Options): object => ({
  audio_format: format,
  transcription_config: {
    language,
    enable_partials: partials ?? process.stdout.isTTY ?? false,
    ...(maxDelay !== undefined && { max_delay: maxDelay }),
    conversation_config: { end_of_utterance_silence_trigger: END_OF_UTTERANCE_SECONDS },
  },
});

/** Interrupted, the audio ends, and what was heard of it is waited for. */
async function sendAll({ pieces }: LiveAudio, session: Session): Promise<void> {
  for await (const piece of pieces) await session.send(piece);
  session.finish();
}

function printMessage(message: Message, text: string): void {
  process.stdout.write(`${text}\n`);
  if (message.message === 'Warning') console.error(`parley: warning: ${reasonOf(message)}`);
}

function show(message: Message, view: LiveText): void {
  const name = message.message;
  if (name === 'AddTranscript') view.final(transcriptOf(message), { isMark: beginsWithMark(message) });
  else if (name === 'AddPartialTranscript') view.guess(transcriptOf(message));
  else if (name === 'EndOfUtterance') view.endLine();
  else if (name === 'Warning') {
    view.clear();
    console.error(`parley: warning: ${reasonOf(message)}`);
  }
}

const transcriptOf = ({ metadata }: Message): string =>
  String((metadata as { transcript?: unknown } | undefined)?.transcript ?? '');

/** Finals end with a blank, which does not belong before a full stop. */
function beginsWithMark({ results }: Message): boolean {
  const [first] = results as readonly { type?: string; attaches_to?: string }[];
  return first?.type === 'punctuation' && (first.attaches_to ?? 'previous') === 'previous';
}
