import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestDecoder } from '../../test/fixtures/audio/decoders.ts';
import { boastingOpus, oggOpus, silentOpus } from '../../test/fixtures/audio/ogg.ts';
import { garble, readFixture, silentWav } from '../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../test/fixtures/audio/temporary-folder.ts';
import { fuzz, fuzzTimeoutMs } from '../../test/helpers/fuzz.ts';
import { AppError } from '../errors/app-error.ts';

/** Files that mean harm: they name other files, take very long, or are broken somewhere. */
const { signal } = new AbortController();
const folder = temporaryFolder();
const decoder = bestDecoder({ maxDurationSeconds: 60 });

async function save(bytes: Uint8Array, name = 'hostile.bin'): Promise<string> {
  const path = join(folder(), name);
  await writeFile(path, bytes);
  return path;
}

/** Seconds that come out of bytes sent piece by piece. */
async function hearLive(bytes: Buffer): Promise<number> {
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += 3000) yield bytes.subarray(at, at + 3000);
  };
  let samples = 0;
  for await (const chunk of decoder.decodeLive(pieces(), { type: 'file' }, signal)) samples += chunk.length;
  return samples / 16_000;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await decoder.probe(await save(bytes), signal).then(
    (info) => expect.fail(`accepted: ${JSON.stringify(info)}`),
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'AppError', code: 'invalid_audio' });
  return (error as AppError).detail ?? '';
}

describe('a file that names others', () => {
  const calls: string[] = [];
  const trap = createServer((socket) => {
    calls.push('a connection');
    socket.destroy();
  });
  beforeAll(() => new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve)));
  afterAll(() => new Promise((resolve) => trap.close(resolve)));

  /** Each names a recording that would be accepted, so that to follow it is to be found out. */
  async function lists(): Promise<Record<string, string>> {
    const canary = await save(silentWav(64_000), 'canary.wav');
    const address = trap.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const urls = [
      canary,
      `file:${canary}`,
      `http://127.0.0.1:${port}/a.wav`,
      `tcp://127.0.0.1:${port}`,
      `concat:${canary}|${canary}`,
      `subfile,,start,0,end,64000,,:${canary}`,
      `crypto+file:${canary}`,
      `cache:${canary}`,
    ];
    return {
      m3u8: `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${urls.map((url) => `#EXTINF:2,\n${url}\n`).join('')}#EXT-X-ENDLIST\n`,
      ffconcat: `ffconcat version 1.0\n${urls.map((url) => `file '${url}'\n`).join('')}`,
      sdp: `v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${port} RTP/AVP 0\r\n`,
      mpd: `<?xml version="1.0"?><MPD><Period><BaseURL>${urls[2]}</BaseURL><AdaptationSet/></Period></MPD>`,
      pls: `[playlist]\nFile1=${canary}\nLength1=2\n`,
    };
  }

  const guises: Record<string, Buffer> = {
    itself: Buffer.alloc(0),
    'a text with a byte order mark': Buffer.from('\ufeff'),
    'an ID3 tag': Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1'),
    'a WAV': Buffer.from('RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0', 'latin1'),
    'an Ogg file': Buffer.from('OggS\0\x02', 'latin1'),
    'a FLAC': Buffer.from('fLaC\0\0\0\x22', 'latin1'),
    'an MP4': Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42\0\0\0\x08moov', 'latin1'),
    'a WebM': Buffer.from('\x1a\x45\xdf\xa3\x87\x42\x82\x84webm', 'latin1'),
    'an MPEG stream': Buffer.from('\0\0\x01\xba', 'latin1'),
    'an AMR': Buffer.from('#!AMR\n'),
  };
  it.each(Object.entries(guises))('is not followed when it looks like %s', async (_, head) => {
    const all = Object.entries(await lists());
    // Behind the head of a container only that container is looked for, so one kind tells as much as all.
    for (const [kind, list] of head.length > 3 ? all.slice(0, 1) : all) {
      const bytes = Buffer.concat([head, Buffer.from(list)]);
      const path = await save(bytes);
      const outcome = await decoder.probe(path, signal).catch((error: unknown) => error);
      const live = await hearLive(bytes).catch((error: unknown) => error);
      // Any bytes are frames of AMR; none are two seconds of another file.
      if (outcome instanceof AppError) expect(outcome.code, kind).toBe('invalid_audio');
      else expect(outcome, kind).toMatchObject({ format: 'amr' });
      if (live instanceof AppError) expect(live.code, kind).toBe('invalid_audio');
      else expect(live, kind).not.toBe(2);
      expect(JSON.stringify([outcome, live])).not.toContain('canary');
    }
    expect(calls).toEqual([]);
  });
});

describe('a file that is small and says it is large', () => {
  it('as a day of silence in Opus does, is refused in time', async () => {
    const startedMs = performance.now();
    expect(await refusal(silentOpus(86_400))).toBe('the audio is longer than the 60 seconds allowed');
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });

  it.each([86_400, 5_000 * 31_536_000])(
    'is as long as it is when it says it ends after %i s',
    async (seconds) => {
      const path = await save(boastingOpus(seconds));
      const info = await decoder.probe(path, signal).catch((error: unknown) => error);
      if (info instanceof AppError) return expect(info.code).toBe('invalid_audio');
      expect(info).toMatchObject({ durationSeconds: expect.closeTo(1.2, 1) });
      let samples = 0;
      for await (const chunk of decoder.decode(path, signal)) samples += chunk.length;
      expect(samples / 16_000).toBeLessThan(2);
    },
  );

  it('has a twin that is accepted', async () => {
    expect(await decoder.probe(await save(silentOpus(30)), signal)).toMatchObject({
      format: 'ogg',
      channels: 1,
    });
  });

  it('of 255 channels in Opus is refused', async () => {
    await refusal(oggOpus([{ packets: [Buffer.alloc(600, 0x0b)], granule: 5_760 }], 255));
  });

  it('of 1e9 Hz in WebM is refused, or read at its real rate', async () => {
    const webm = await readFixture('speech.webm');
    const at = webm.indexOf(Buffer.from([0xb5, 0x88]));
    expect(at).toBeGreaterThan(0);
    webm.writeDoubleBE(1e9, at + 2);
    const info = await decoder.probe(await save(webm), signal).catch((error: unknown) => error);
    if (info instanceof AppError) return expect(info.code).toBe('invalid_audio');
    expect(info).toMatchObject({ durationSeconds: expect.closeTo(3, 0) });
  });
});

const FIXTURES = [
  ...['speech.wav', 'speech.mp3', 'speech.mp2', 'speech.aac', 'speech-opus.ogg', 'speech-vorbis.ogg'],
  ...['speech.mpeg', 'speech.amr', 'speech.m4a', 'speech.mp4', 'speech.flac', 'speech.webm'],
];
const share = fc.double({ min: 0, max: 1, noNaN: true });

it('a file that is cut or garbled anywhere is refused, or read as far as it goes', {
  timeout: fuzzTimeoutMs(60_000),
}, async () => {
  const check = async (name: string, cut: number, from: number, length: number) => {
    const whole = await readFixture(name);
    const start = Math.floor(whole.length * from);
    const garbled = garble(
      whole,
      start,
      Math.min(whole.length, start + Math.floor(whole.length * length * length)),
    );
    const bytes = garbled.subarray(0, Math.ceil(garbled.length * cut));
    const path = await save(bytes);
    const refused = (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      expect(error.code).toBe('invalid_audio');
      expect(error.detail).not.toMatch(/hostile|\//);
      return 0;
    };
    expect(await hearLive(bytes).catch(refused)).toBeLessThan(61);
    try {
      const info = await decoder.probe(path, signal);
      // Damage may add a little; it makes no minutes of three seconds.
      expect(info.durationSeconds).toBeLessThan(60);
      let samples = 0;
      for await (const chunk of decoder.decode(path, signal)) samples += chunk.length;
      expect(samples / 16_000).toBeLessThan(61);
    } catch (error) {
      refused(error);
    }
  };
  const inputs = [fc.constantFrom(...FIXTURES), fc.oneof(share, fc.constant(1)), share, share] as const;
  await fc.assert(fc.asyncProperty(...inputs, check), fuzz(8));
});
