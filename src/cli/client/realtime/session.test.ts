import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { apiUrl } from '../target.ts';
import { type Message, startSession } from './session.ts';

/** The other side: it starts sessions, keeps what it receives, and says what a test makes it say. */
async function serve({ greeting = '', first = '{"message":"RecognitionStarted"}' } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const received: (Message | Buffer)[] = [];
  let client: WebSocket | undefined;
  server.on('connection', (socket) => {
    client = socket;
    if (greeting) socket.send(greeting);
    socket.on('message', (data: Buffer, isBinary) => {
      received.push(isBinary ? data : JSON.parse(String(data)));
      if (received.length === 1 && first !== '') socket.send(first);
    });
  });
  onTestFinished(() => {
    client?.terminate();
    server.close();
  });
  const url = apiUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const target = { url, key: 'key' };
  return {
    target,
    received,
    say: (message: object) => client?.send(JSON.stringify(message)),
    end: () => client,
  };
}

const never = new AbortController().signal;
const START = { audio_format: { type: 'file' }, transcription_config: { language: 'en' } };
const start = (target: Awaited<ReturnType<typeof serve>>['target'], signal = never) =>
  startSession(target, START, () => {}, signal);
const quarter = new Uint8Array(262_144);

describe('a session', () => {
  it('sends no more than a mebibyte that is not confirmed', async () => {
    const { target, received, say } = await serve();
    const session = await start(target);
    for (let sent = 0; sent < 4; sent += 1) await session.send(quarter);
    let isSent = false;
    const fifth = session.send(quarter).then(() => {
      isSent = true;
    });
    await sleep(100);
    expect([isSent, received.length]).toEqual([false, 5]);
    say({ message: 'AudioAdded', seq_no: 1 });
    await fifth;
    session.finish();
    await expect.poll(() => received.at(-1)).toEqual({ message: 'EndOfStream', last_seq_no: 5 });
    say({ message: 'EndOfTranscript' });
    await session.over;
  });

  it('does not wait for a confirmation that nobody can send any more', async () => {
    const { target, end } = await serve();
    const session = await start(target);
    for (let sent = 0; sent < 4; sent += 1) await session.send(quarter);
    const fifth = session.send(quarter);
    end()?.close(1011);
    await fifth;
    await expect(session.over).rejects.toThrow(
      'the connection ended (1011) before the transcript was complete',
    );
  });

  it.each([
    [
      { message: 'Error', type: 'job_error', reason: 'gone\u001b[1m' },
      'the server ended the session: job_error: gone\ufffd[1m',
    ],
    [{ note: 'hello' }, /does not answer as the Speechmatics API does/],
  ])('ends with %j', async (message, reason) => {
    const { target, say } = await serve();
    const session = await start(target);
    say(message);
    await expect(session.over).rejects.toThrow(reason);
  });

  it('that does not start can be given up', async () => {
    const { target, received } = await serve({ first: '' });
    const interrupt = new AbortController();
    const session = start(target, interrupt.signal);
    const given = expect(session).rejects.toThrow('interrupted');
    await expect.poll(() => received).toHaveLength(1);
    interrupt.abort(new Error('interrupted'));
    await given;
  });

  it('hears what is said before it says anything', async () => {
    const { target } = await serve({
      greeting: '{"message":"Error","type":"not_allowed","reason":"no"}',
      first: '',
    });
    await expect(start(target)).rejects.toThrow('the server ended the session: not_allowed: no');
  });
});

it('tells why a connection is refused', async () => {
  const server = createServer();
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 503 Busy\r\nConnection: close\r\n\r\n{"code":503,"error":"Service Unavailable"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const url = apiUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await expect(start({ url, key: 'key' })).rejects.toMatchObject({
    exitCode: 1,
    message: `${url.origin} answered 503: Service Unavailable`,
  });
});
