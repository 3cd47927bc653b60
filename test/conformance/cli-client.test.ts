import { truncateSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { ask, listJobs, readClip, SHORT_CLIP, SHORT_CLIP_TEXT } from '../helpers/api.ts';
import { freePort } from '../helpers/free-port.ts';
import { leashedDirectory } from '../helpers/leash.ts';
import { longRecording } from '../helpers/long-recording.ts';
import { type Outcome, parleyIn, startParley } from '../helpers/parley.ts';
import { inPieces, type Message, samplesOfWav, textOf, wordErrorRate } from '../helpers/realtime.ts';
import { type RunningServer, startServer } from '../helpers/server.ts';

/** `parley transcribe` and `parley listen`, each as a process of its own, with real speech. */
const CLIP = fileURLToPath(new URL(`../fixtures/speech/${SHORT_CLIP}`, import.meta.url));
const CLIP_SECONDS = 3;
const folder = leashedDirectory('parley-client-');
const inFolder = (name: string) => path.join(folder.path, name);
let server: RunningServer;
let key: string;

beforeAll(async () => {
  server = await startServer();
  key = server.bootstrap.api_key;
});
afterAll(async () => {
  await server?.stop();
  await folder.remove();
});

const settings = () => ({ PARLEY_URL: server.baseUrl, PARLEY_API_KEY: key });
/** The other way to say it. */
const options = () => ['--url', server.baseUrl, '--key-file', path.join(server.dataDir, 'bootstrap.json')];
const run = (...args: string[]): Promise<Outcome> => parleyIn(settings(), ...args);

describe('parley transcribe', () => {
  it('prints what was said, and says on the side what it does', async () => {
    const { code, out, err } = await run('transcribe', CLIP);
    expect({ code, out }).toEqual({ code: 0, out: `${SHORT_CLIP_TEXT}\n` });
    expect(err).toMatch(/^(uploading: \d+ %, .*\n)+job [a-z0-9]{10} is running\n$/);
    expect(err).toContain('uploading: 100 %');
    expect((await listJobs(server, key))[0]).toMatchObject({ status: 'done', data_name: SHORT_CLIP });
  });

  it('sends the config of a file with what options say, and writes the form that is asked for', async () => {
    const config = {
      tracking: { title: 'a' },
      transcription_config: { language: 'xx', enable_entities: true },
    };
    writeFileSync(inFolder('config.json'), JSON.stringify(config));
    const changes = ['--config', inFolder('config.json'), '--language', 'en', '--diarization', 'channel'];
    const form = ['--format', 'json-v2', '--output', inFolder('out.json')];
    const args = ['transcribe', CLIP, ...options(), ...changes, ...form];
    expect(await parleyIn({}, ...args)).toMatchObject({ code: 0, out: '' });
    const { job, metadata, results } = JSON.parse(await readFile(inFolder('out.json'), 'utf8'));
    expect(job.tracking).toEqual({ title: 'a' });
    const asked = { language: 'en', enable_entities: true, diarization: 'channel' };
    expect(metadata).toMatchObject({ type: 'transcription', transcription_config: asked });
    expect(results[0]).toMatchObject({ channel: 'channel_1', alternatives: [{ content: 'He' }] });
  });

  it('exits with 1 and the errors of a job that is rejected', async () => {
    const replacements = [{ from: '/./', to: 'x'.repeat(900) }];
    const config = { transcription_config: { transcript_filtering_config: { replacements } } };
    writeFileSync(inFolder('long.json'), JSON.stringify(config));
    const { code, out, err } = await run('transcribe', CLIP, '--config', inFolder('long.json'));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /\nparley: the job \w+ is rejected: a replacement makes a word longer than 1000 characters\n$/,
    );
  });

  it('interrupted, deletes the job that is not finished', async () => {
    writeFileSync(inFolder('long.wav'), await longRecording({ minutes: 5 }));
    const { child, outcome, says } = startParley(settings(), 'transcribe', inFolder('long.wav'));
    await says(/^job \w+ is running$/m);
    child.kill('SIGINT');
    const { code, out, err } = await outcome;
    const id = /interrupted; the unfinished job (\w+) is deleted\n$/.exec(err)?.[1];
    expect({ code, out, id }).toEqual({ code: 130, out: '', id: expect.any(String) });
    expect((await ask(server, `/v2/jobs/${id}/transcript`, { key })).status).toBe(410);
    expect((await listJobs(server, key)).map((job) => job.id)).not.toContain(id);
  });

  it('interrupted while it uploads, just ends', async () => {
    const before = await listJobs(server, key);
    writeFileSync(inFolder('huge.wav'), await readClip());
    truncateSync(inFolder('huge.wav'), 900e6);
    const { child, outcome, says } = startParley(settings(), 'transcribe', inFolder('huge.wav'));
    await says(/uploading: 0 %/);
    child.kill('SIGINT');
    expect(await outcome).toMatchObject({
      code: 130,
      err: expect.stringMatching(/ MB\nparley: interrupted\n$/),
    });
    expect(await listJobs(server, key)).toEqual(before);
  });
});

describe('parley listen', () => {
  it('prints what was said in a recording, at the speed of the speaker', async () => {
    const begunMs = performance.now();
    const { code, out, err } = await run('listen', CLIP);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(performance.now() - begunMs).toBeGreaterThan(CLIP_SECONDS * 1_000);
    expect(out).toMatch(/^[^\r]+\n$/);
    expect(wordErrorRate(SHORT_CLIP_TEXT, out)).toBeLessThan(0.2);
  });

  it('hears raw audio on standard input, and prints every message if asked to', async () => {
    const audio = ['--encoding', 'mulaw', '--sample-rate', '8000', '--partials', '--max-delay', '1'];
    const { child, outcome } = startParley({}, 'listen', '-', '--json', ...audio, ...options());
    for (const piece of inPieces(toMulaw8k(samplesOfWav(await readClip())), 800)) child.stdin.write(piece);
    child.stdin.end();
    const { code, out } = await outcome;
    const messages = messagesIn(out);
    expect(code).toBe(0);
    const names = new Set(messages.map(({ message }) => message));
    for (const name of [
      'Info',
      'RecognitionStarted',
      'AudioAdded',
      'AddPartialTranscript',
      'AddTranscript',
    ]) {
      expect(names).toContain(name);
    }
    expect(messages.at(-1)).toEqual({ message: 'EndOfTranscript' });
    expect(messages).toContainEqual(expect.objectContaining({ quality: 'telephony' }));
    expect(wordErrorRate(SHORT_CLIP_TEXT, textIn(messages))).toBeLessThan(0.2);
  });

  it('interrupted, ends the audio and still prints what was heard of it', async () => {
    const { child, outcome, says } = startParley(settings(), 'listen', '--json', '-');
    child.stdin.write(samplesOfWav(await readClip()));
    await says(/"AudioAdded"/);
    child.kill('SIGINT');
    const { code, out, err } = await outcome;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const messages = messagesIn(out);
    expect(messages.at(-1)).toEqual({ message: 'EndOfTranscript' });
    expect(messages.map(({ message }) => message)).toContain('AddTranscript');
  });

  it('interrupted again, ends at once', async () => {
    const port = await freePort();
    const silent = new WebSocketServer({ port, host: '127.0.0.1' });
    onTestFinished(() => silent.close());
    const received: string[] = [];
    silent.on('connection', (socket) =>
      socket.on('message', (data) => {
        const { message } = JSON.parse(String(data));
        received.push(message);
        socket.send(
          JSON.stringify({ message: message === 'StartRecognition' ? 'RecognitionStarted' : 'Info' }),
        );
      }),
    );
    const env = { PARLEY_URL: `ws://127.0.0.1:${port}` };
    const { child, outcome, says } = startParley(env, 'listen', '--json');
    await says(/RecognitionStarted/);
    child.kill('SIGINT');
    await says(/Info/);
    child.kill('SIGINT');
    expect((await outcome).code).toBe(130);
    expect(received).toEqual(['StartRecognition', 'EndOfStream']);
  });
});

describe.each(['transcribe', 'listen'])('parley %s', (command) => {
  const reasonOf = async ({
    env = settings(),
    args = [CLIP],
  }: {
    env?: Record<string, string>;
    args?: string[];
  }) => {
    const { code, out, err } = await parleyIn(env, command, ...args);
    expect(out).toBe('');
    expect(err).not.toContain(key);
    return { code, reason: /^parley: (.*)\n$/m.exec(err)?.[1] };
  };

  it('exits with 1 when the server does not accept the key, or asks for one', async () => {
    const env = { ...settings(), PARLEY_API_KEY: `${key.slice(0, -1)}!` };
    const refused = `${server.baseUrl} does not accept the key (401)`;
    expect(await reasonOf({ env })).toEqual({ code: 1, reason: refused });
    const asked = 'the server asks for a key (401): set PARLEY_API_KEY, or name a file with --key-file';
    expect(await reasonOf({ env: { PARLEY_URL: server.baseUrl } })).toEqual({ code: 1, reason: asked });
  });

  it('exits with 1 and the reason when the server knows no such audio', async () => {
    writeFileSync(inFolder('text.wav'), 'This is no audio. '.repeat(1_000));
    expect(await reasonOf({ args: [inFolder('text.wav')] })).toEqual({
      code: 1,
      reason: expect.stringMatching(
        /invalid audio: the file is of no known|invalid_audio_type: Invalid audio type/,
      ),
    });
  });

  it('exits with 2 when there is no server, or no file', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    expect(await reasonOf({ args: [CLIP, '--url', url] })).toEqual({
      code: 2,
      reason: expect.stringMatching(`^${url} cannot be reached: connect ECONNREFUSED`),
    });
    expect(await reasonOf({ args: [inFolder('none.wav')] })).toEqual({
      code: 2,
      reason: expect.stringMatching('the recording cannot be read: ENOENT'),
    });
  });
});

const messagesIn = (out: string): Message[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const textIn = (messages: readonly Message[]): string =>
  textOf(
    messages
      .filter(({ message }) => message === 'AddTranscript')
      .map(({ metadata }) => (metadata as { transcript: string }).transcript),
  );

/** Every second sample, as telephony has it. */
function toMulaw8k(samples: Uint8Array): Uint8Array {
  const view = new DataView(samples.buffer, samples.byteOffset, samples.byteLength);
  return Uint8Array.from({ length: samples.length / 4 }, (_, index) => mulaw(view.getInt16(index * 4, true)));
}

/** G.711. */
function mulaw(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), 32_635) + 132;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  const mantissa = (magnitude >> (exponent + 3)) & 15;
  return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 255;
}
