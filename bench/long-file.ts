/** Memory of the server and of the engine while a recording of two hours is transcribed. Linux only. */
import { readFile } from 'node:fs/promises';
import { ask, endOfJob, readClip, submitSpeech, type WireJob } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { residentBytes } from './resident-bytes.ts';
import { streamUpload } from './stream-upload.ts';
import { printTable } from './table.ts';

const MEGABYTE = 1_000_000;
const HEADER_BYTES = 44;
const BYTES_PER_SECOND = 32_000;
const CLIP = 'sense_and_sensibility_01_austen_64kb-0870.wav';
const SAMPLE_EVERY_MS = 250;
// The volume of each word is measured on the way.
const CONFIG = {
  type: 'transcription',
  transcription_config: { language: 'en', audio_filtering_config: {} },
};
/** `tsx bench/long-file.ts 20` takes twenty minutes of audio. */
const minutes = Number(process.argv[2] ?? 120);

const server = await startServer();
const key = server.bootstrap.api_key;
// What is loaded and allocated with a first job is no growth.
await endOfJob(server, key, await submitSpeech(server, key, { config: CONFIG }));
const [engine = Number.NaN] = await childrenOf(server.pid);
const processes = await Promise.all(
  Object.entries({ server: server.pid, engine }).map(async ([name, pid]) => {
    const before = await residentBytes(pid);
    return { name, pid, before, peak: before };
  }),
);
const watch = setInterval(() => {
  for (const one of processes) {
    void residentBytes(one.pid).then((bytes) => {
      one.peak = Math.max(one.peak, bytes);
    });
  }
}, SAMPLE_EVERY_MS);

const clip = Buffer.from(await readClip(CLIP));
const id = await streamUpload(server, CONFIG, recording(clip, minutes * 60));
const started = performance.now();
const { status } = await untilEnded(id);
const seconds = (performance.now() - started) / 1_000;
clearInterval(watch);
const transcript = await ask(server, `/v2/jobs/${id}/transcript`, { key });
const { results } = transcript.json<{ results: unknown[] }>();
printTable(
  `A recording of ${minutes} minutes`,
  ['process', 'before, MB', 'grew by at most, MB', 'bound'],
  processes.map(({ name, before, peak }) => [
    name,
    (before / MEGABYTE).toFixed(0),
    ((peak - before) / MEGABYTE).toFixed(0),
    '100',
  ]),
);
const factor = (seconds / 60 / minutes).toFixed(3);
console.log(
  `\n${status}: ${results.length} words and marks in ${seconds.toFixed(0)} s, real-time factor ${factor}`,
);
await server.stop();

/** The engine is the only child that is still there when no job runs. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').map(Number);
}

async function untilEnded(job: string): Promise<WireJob> {
  for (;;) {
    const answer = await ask(server, `/v2/jobs/${job}?wait=20`, { key });
    const found = answer.json<{ job: WireJob }>().job;
    if (found.status !== 'running') return found;
  }
}

/** One WAV file of this length in which a clip is said over and over. */
function* recording(clip: Buffer, audioSeconds: number): Generator<Buffer> {
  const samples = clip.subarray(HEADER_BYTES);
  const copies = Math.ceil((audioSeconds * BYTES_PER_SECOND) / samples.length);
  const header = Buffer.from(clip.subarray(0, HEADER_BYTES));
  header.writeUInt32LE(HEADER_BYTES - 8 + copies * samples.length, 4);
  header.writeUInt32LE(copies * samples.length, 40);
  yield header;
  for (let copy = 0; copy < copies; copy += 1) yield samples;
}
