import type { Request } from './client.ts';

/** A boundary that occurs in nothing that is sent. */
export const BOUNDARY = 'parley-doctor-boundary';
export const CONFIG = '{"type":"transcription","transcription_config":{"language":"en"}}';

/** One part, its headers as they are. `disposition` is what follows `form-data; `. */
export const part = (disposition: string, content: string | Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
    Buffer.from(content as string),
    Buffer.from('\r\n'),
  ]);

export const configPart = (text: string = CONFIG): Buffer => part('name="config"', text);

export const filePart = (audio: string | Uint8Array = silence()): Buffer =>
  part('name="data_file"; filename="parley-doctor.wav"', audio);

/** A submission of these parts, as `Client.ask` takes it. */
export function submission(key: string, ...parts: readonly Uint8Array[]): Request {
  return {
    method: 'POST',
    key,
    headers: [['Content-Type', `multipart/form-data; boundary=${BOUNDARY}`]],
    body: Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)]),
  };
}

/** A WAV file of one second of silence: 16 kHz, 16 bits, mono, unless the header is to say something else. */
export function silence({ channels = 1, sampleRate = 16_000, declaredBytes = 32_000 } = {}): Buffer {
  const wav = Buffer.alloc(44 + 32_000);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(Math.min(0xffff_ffff, declaredBytes + 36), 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(channels, 22);
  wav.writeUInt32LE(sampleRate, 24);
  wav.writeUInt32LE((sampleRate * channels * 2) % 2 ** 32, 28);
  wav.writeUInt16LE(channels * 2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(declaredBytes, 40);
  return wav;
}
