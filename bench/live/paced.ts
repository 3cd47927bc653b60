import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine, ListenOptions, Update } from '../../src/engines/engine.ts';
import { RealtimeClient } from '../../test/helpers/realtime.ts';
import { writeTemporaryRecording } from '../recording.ts';
import { quantile } from '../table.ts';

const SAMPLE_RATE = 16_000;
/** As a microphone hands it over: each piece when its last sample was spoken. */
const PIECE_SECONDS = 0.1;
const NEVER = new AbortController().signal;

/** When words were heard: seconds after their end was spoken. */
export interface Delays {
  readonly finals: number[];
  /** Of each word the first partial that holds it. */
  readonly partials: number[];
}

export interface Word {
  readonly content: string;
  readonly endSeconds: number;
}

/** Collects delays; `startedMs` is when the first sample was spoken. */
export class Stopwatch implements Delays {
  readonly finals: number[] = [];
  readonly partials: number[] = [];
  private readonly startedMs: number;
  private partialUntil = 0;

  constructor(startedMs: number) {
    this.startedMs = startedMs;
  }

  heard(finals: readonly Word[], partials: readonly Word[]): void {
    const nowSeconds = (performance.now() - this.startedMs) / 1_000;
    for (const { endSeconds } of finals) this.finals.push(nowSeconds - endSeconds);
    // The last word of a guess is often cut short: it counts once a longer guess holds it.
    for (const { endSeconds } of [...finals, ...partials]) {
      if (endSeconds <= this.partialUntil) continue;
      this.partialUntil = endSeconds + 0.05;
      this.partials.push(nowSeconds - endSeconds);
    }
  }
}

/** Real speech without a header, 16 bits at 16 kHz. */
export async function speech(seconds: number): Promise<Buffer> {
  const { bytes } = await writeTemporaryRecording(seconds);
  return Buffer.from(bytes.subarray(44));
}

/** Calls `send` with pieces of audio at the pace of a microphone. */
export async function atPace(audio: Buffer, startedMs: number, send: (piece: Buffer) => void): Promise<void> {
  const pieceBytes = PIECE_SECONDS * SAMPLE_RATE * 2;
  for (let at = 0; at < audio.length; at += pieceBytes) {
    const dueMs = startedMs + (at / pieceBytes + 1) * PIECE_SECONDS * 1_000;
    await sleep(Math.max(0, dueMs - performance.now()));
    send(audio.subarray(at, at + pieceBytes));
  }
}

/** One paced stream through a server; `confirmed`: seconds from sending a piece to its confirmation. */
export async function throughServer(
  server: { baseUrl: string },
  key: string,
  { audio, config }: { audio: Buffer; config: object },
): Promise<Delays & { readonly confirmed: number[] }> {
  const client = await RealtimeClient.start(server, { key }, { config });
  const watch = new Stopwatch(performance.now());
  const sentMs: number[] = [];
  const confirmed: number[] = [];
  client.socket.on('message', (data) => {
    const { message, seq_no, results = [] } = JSON.parse(String(data));
    if (message === 'AudioAdded') confirmed.push((performance.now() - (sentMs[seq_no - 1] ?? 0)) / 1_000);
    const words = (results as { type: string; end_time: number; alternatives: [{ content: string }] }[])
      .filter(({ type }) => type === 'word')
      .map(({ end_time, alternatives }) => ({ content: alternatives[0].content, endSeconds: end_time }));
    if (message === 'AddTranscript') watch.heard(words, []);
    if (message === 'AddPartialTranscript') watch.heard([], words);
  });
  await atPace(audio, performance.now(), (piece) => {
    sentMs.push(performance.now());
    client.audio(piece);
  });
  await client.finish(60_000);
  client.close();
  return { finals: watch.finals, partials: watch.partials, confirmed };
}

/** Many sessions at once; at their 99th percentile: words, from their end to their final, in s; confirmations, in ms. */
export async function throughServerAtOnce(
  sessions: number,
  ...stream: Parameters<typeof throughServer>
): Promise<{ readonly final: number; readonly confirmed: number }> {
  const delays = await Promise.all(Array.from({ length: sessions }, () => throughServer(...stream)));
  const p99 = (values: readonly number[]) => quantile(values, 0.99);
  return {
    final: p99(delays.flatMap(({ finals }) => finals)),
    confirmed: 1_000 * p99(delays.flatMap(({ confirmed }) => confirmed)),
  };
}

/** One paced stream to an engine, called directly. */
export async function throughEngine(
  engine: Engine,
  { audio, options }: { audio: Buffer; options: ListenOptions },
): Promise<Delays> {
  if (!engine.listen) throw new Error('the engine does not listen');
  const startedMs = performance.now();
  const watch = new Stopwatch(startedMs);
  const words = (items: Update['finals']) => items.filter(({ type }) => type === 'word');
  for await (const update of engine.listen(pieces(audio, startedMs), options, NEVER)) {
    watch.heard(words(update.finals), words(update.partials));
  }
  return watch;
}

/** The audio as it comes, in a queue that never holds the speaker up. */
async function* pieces(audio: Buffer, startedMs: number): AsyncGenerator<Float32Array> {
  const waiting: Float32Array[] = [];
  let wake: () => void = () => {};
  let isOver = false;
  const speaking = atPace(audio, startedMs, (piece) => {
    const view = new Int16Array(piece.buffer, piece.byteOffset, piece.length / 2);
    waiting.push(Float32Array.from(view, (sample) => sample / 32_768));
    wake();
  }).then(() => {
    isOver = true;
    wake();
  });
  while (!isOver || waiting.length > 0) {
    const next = waiting.shift();
    if (next) yield next;
    else
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  }
  await speaking;
}
