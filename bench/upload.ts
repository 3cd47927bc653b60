/** Memory of the server while one upload of 900 MB arrives, and how fast it does. */
import { ask, ENGLISH } from '../test/helpers/api.ts';
import { startServer } from '../test/helpers/server.ts';
import { residentBytes } from './resident-bytes.ts';
import { streamUpload } from './stream-upload.ts';
import { printTable } from './table.ts';

const MEGABYTE = 1_000_000;
const AUDIO_BYTES = 900 * MEGABYTE;
const CHUNK = Buffer.alloc(MEGABYTE);

// The scripted engine leaves the reading of the upload as the only work.
const server = await startServer({ env: { PARLEY_ENGINE: 'scripted' } });
const before = await residentBytes(server.pid);
let peak = before;
const watch = setInterval(
  () => void residentBytes(server.pid).then((bytes) => (peak = Math.max(peak, bytes))),
  50,
);
const started = performance.now();
const id = await streamUpload(server, ENGLISH, silence());
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

function* silence(): Generator<Buffer> {
  yield wavHeader();
  for (let sent = 0; sent < AUDIO_BYTES; sent += CHUNK.length) yield CHUNK;
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
