import { status } from './expect.ts';
import type { Target, Verdict } from './target.ts';
import type { Answer } from './wire/answer.ts';
import { bearer, type Header } from './wire/client.ts';
import { readMessages, textFrame, UPGRADE } from './wire/websocket.ts';

const PATH = '/v2';
const START = textFrame(
  JSON.stringify({
    message: 'StartRecognition',
    audio_format: { type: 'raw', encoding: 'pcm_s16le', sample_rate: 16_000 },
    transcription_config: { language: 'en' },
  }),
);

/** Where a session may be asked for, with the key in the URL. */
export const withJwt = (token: string): string => `${PATH}?jwt=${encodeURIComponent(token)}`;

/** The answer to a request for a session: 101 when it is admitted so far. */
export const upgrade = (target: Target, headers: readonly Header[] = [], path = PATH): Promise<Answer> =>
  target.ask(path, { headers: [...UPGRADE, ...headers] });

/** The answers with a token in each of the two places for it. */
export const upgradeWith = (target: Target, token: string): Promise<Answer[]> =>
  Promise.all([upgrade(target, [bearer(token)]), upgrade(target, [], withJwt(token))]);

interface Session {
  readonly headers?: readonly Header[];
  readonly path?: string;
  /** Called when the session has started, which then goes on; without, that is its end. */
  onStarted?(): void;
}

/** How a session began or ended: `RecognitionStarted`, the type of an Error, or the status of a refused upgrade. */
export async function session(
  target: Target,
  { headers = [], path = PATH, onStarted }: Session,
): Promise<string> {
  let isStarted = false;
  const { answers, said } = await target.exchange(target.write(path, { headers: [...UPGRADE, ...headers] }), {
    speech: {
      bytes: START,
      isEnough(bytes) {
        const word = lastWord(bytes);
        if (word === 'RecognitionStarted' && onStarted) {
          if (!isStarted) onStarted();
          isStarted = true;
          return false;
        }
        return word !== undefined;
      },
    },
  });
  return lastWord(said) ?? `answered ${answers.at(-1)?.status ?? 'nothing'}`;
}

/** The last that decides about a session, of what was said in it so far. */
const lastWord = (said: Buffer): string | undefined =>
  readMessages(said)
    .map((text) => JSON.parse(text) as { message: string; type?: string })
    .filter(({ message }) => message === 'Error' || message === 'RecognitionStarted')
    .map(({ message, type }) => (message === 'Error' ? type : message))
    .at(-1);

const FRESH_MS = 200;

/** The genuine key for real time becomes a WebSocket, in the header and in the URL. */
export const upgrades = (target: Target): Promise<Verdict> =>
  target.shared(
    'upgrades',
    async () => (await upgradeWith(target, target.keys.rt)).flatMap((answer) => status(answer, 101)),
    FRESH_MS,
  );
