import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { longRecording } from '../test/helpers/long-recording.ts';

const HEADER_BYTES = 44;
const BYTES_PER_SECOND = 32_000;

/** A WAV file with this much real speech (16 kHz, mono); the directory is the system's to clean. */
export async function writeTemporaryRecording(
  seconds: number,
): Promise<{ path: string; bytes: Uint8Array<ArrayBuffer> }> {
  const whole = await longRecording({ minutes: seconds / 60 });
  const bytes = whole.slice(0, HEADER_BYTES + seconds * BYTES_PER_SECOND);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, bytes.length - 8, true);
  view.setUint32(40, bytes.length - HEADER_BYTES, true);
  const path = join(await mkdtemp(join(tmpdir(), 'parley-bench-')), 'recording.wav');
  await writeFile(path, bytes);
  return { path, bytes };
}
