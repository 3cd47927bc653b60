/** Memory of the server while one upload of 900 MB arrives, and how fast it does. */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import { ask, ENGLISH } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { printTable } from './table.ts';

const MEGABYTE = 1_000_000;
const AUDIO_BYTES = 900 * MEGABYTE;
const CHUNK = Buffer.alloc(MEGABYTE);
const BOUNDARY = 'parley-bench';

// The scripted engine leaves the reading of the upload as the only work.
const server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
const before = await residentBytes();
let peak = before;
const watch = setInterval(() => void residentBytes().then((bytes) => (peak = Math.max(peak, bytes))), 50);
const started = performance.now();
const id = await upload();
const seconds = (performance.now() - started) / 1_000;
clearInterval(watch);
const grown = (peak - before) / MEGABYTE;
printTable(
  'Upload of 900 MB',
  ['server before, MB', 'grew by at most, MB', 'seconds to 201', 'MB/s'],
  [[(before / MEGABYTE).toFixed(0), grown.toFixed(0), seconds.toFixed(1), (900 / seconds).toFixed(0)]],
);
await ask(server, `/v2/jobs/${id}?force=true`, { method: 'DELETE', key: server.bootstrap.api_key });
await server.stop();

async function residentBytes(): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
}

async function upload(): Promise<string> {
  const sending = request(`${server.baseUrl}/v2/jobs`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${server.bootstrap.api_key}`,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
    },
  });
  const answered = new Promise<string>((resolve, reject) => {
    sending.on('error', reject);
    sending.on('response', async (response) => {
      const body = (await json(response)) as { id?: string };
      if (body.id === undefined) reject(new Error(JSON.stringify(body)));
      else resolve(body.id);
    });
  });
  const part = (name: string, file = '') =>
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n`;
  await write(`${part('config')}${JSON.stringify(ENGLISH)}\r\n${part('data_file', '; filename="a.wav"')}`);
  await write(wavHeader());
  for (let sent = 0; sent < AUDIO_BYTES; sent += CHUNK.length) await write(CHUNK);
  sending.end(`\r\n--${BOUNDARY}--\r\n`);
  return answered;

  async function write(bytes: string | Buffer): Promise<void> {
    if (!sending.write(bytes)) await new Promise((resolve) => sending.once('drain', resolve));
  }
}

/** 48 kHz, stereo, 16 bits: 78 minutes. */
function wavHeader(): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + AUDIO_BYTES, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(192_000, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(AUDIO_BYTES, 40);
  return header;
}
