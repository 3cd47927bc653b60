import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturePath, readFixture, silentAmr, silentWav } from '../../test/fixtures/audio/samples.ts';
import { temporaryFolder } from '../../test/fixtures/audio/temporary-folder.ts';
import { openAudioFile } from './audio-file.ts';
import { identify } from './format.ts';

const folder = temporaryFolder();

async function formatOf(path: string): Promise<string | undefined> {
  const file = await openAudioFile(path);
  const identified = await identify(file);
  await file.close();
  return identified?.format;
}

async function formatOfBytes(bytes: Buffer | string): Promise<string | undefined> {
  const path = join(folder(), 'speech.wav');
  await writeFile(path, bytes);
  return formatOf(path);
}

describe('identify', () => {
  it.each([
    ['speech.wav', 'wav'],
    ['speech.mp3', 'mp3'],
    ['speech.aac', 'aac'],
    ['speech-opus.ogg', 'ogg'],
    ['speech-vorbis.ogg', 'ogg'],
    ['speech.mpeg', 'mpeg'],
    ['speech.mp2', 'mpeg'],
    ['speech.amr', 'amr'],
    ['speech.m4a', 'm4a'],
    ['speech.mp4', 'mp4'],
    ['speech.flac', 'flac'],
    ['speech.webm', 'webm'],
  ])('knows %s', async (name, format) => {
    expect(await formatOf(fixturePath(name))).toBe(format);
  });

  it('looks behind tags and zero bytes', async () => {
    const tag = Buffer.alloc(10 + 300);
    tag.set([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 2, 44]);
    const tagged = await readFixture('speech.mp3');
    const mp3 = tagged.subarray(tagged.indexOf(0xff));
    expect(await formatOfBytes(Buffer.concat([tag, mp3]))).toBe('mp3');
    expect(await formatOfBytes(Buffer.concat([tag, tag, Buffer.alloc(1000), mp3]))).toBe('mp3');
    expect(await formatOfBytes(Buffer.concat([tag, await readFixture('speech.flac')]))).toBe('flac');
    expect(await formatOfBytes(Buffer.concat([tag, silentWav(100)]))).toBeUndefined();
    expect(await formatOfBytes(silentAmr(1))).toBe('amr');
  });

  it.each([
    ['nothing', ''],
    ['text', 'RIFF is how a WAVE file begins'],
    ['HLS playlist', '#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'],
    ['concat script', "ffconcat version 1.0\nfile '/etc/passwd'\n"],
    ['SDP', 'v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n'],
    ['DASH manifest', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>'],
    ['PNG', '\x89PNG\r\n\x1a\n0000'],
    ['zip', 'PK\x03\x04'],
    ['HEIC', '\x00\x00\x00\x18ftypheic\x00\x00\x00\x00'],
    ['AVI', 'RIFF\x00\x00\x00\x00AVI LIST'],
    ['EBML of another kind', '\x1a\x45\xdf\xa3\x42\x82\x84else'],
    ['a frame header alone', '\xff\xfb\x90\x00 and then text'],
    ['headerless samples', '\x01\x00\x02\x00\x03\x00'],
    ['silence without a header', '\x00'.repeat(40_000)],
  ])('refuses %s, whatever its name', async (_what, text) => {
    expect(await formatOfBytes(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});
