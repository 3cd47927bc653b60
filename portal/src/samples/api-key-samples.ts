import type { CodeSample } from '../ui/code/code-block.tsx';
import { type Endpoint, type Product, webSocketUrl } from './endpoints.ts';
import { literal } from './literals.ts';

interface SampleOptions {
  readonly product: Product;
  readonly endpoint: Endpoint;
  /** The key itself, only while it is shown anyway. */
  readonly apiKey?: string | undefined;
}

const PLACEHOLDER = 'YOUR_API_KEY';

/** A first transcript with an API key, in three languages. */
export function apiKeySamples({ product, endpoint, apiKey = PLACEHOLDER }: SampleOptions): CodeSample[] {
  const of = product === 'batch' ? BATCH : REAL_TIME;
  return [
    { language: 'curl', code: of.curl(endpoint, apiKey) },
    { language: 'JavaScript', code: of.javaScript(endpoint, apiKey) },
    { language: 'Python', code: of.python(endpoint, apiKey) },
  ];
}

type Sample = (endpoint: Endpoint, apiKey: string) => string;
type Samples = Record<'curl' | 'javaScript' | 'python', Sample>;

const BATCH: Samples = {
  curl: ({ origin }, apiKey) => `curl -X POST "${origin}/v2/jobs?wait=60&format=txt" \\
  -H "Authorization: Bearer ${apiKey}" \\
  -F data_file=@recording.wav \\
  -F config='{"type":"transcription","transcription_config":{"language":"en"}}'`,

  javaScript: ({ origin }, apiKey) => `// npm install @speechmatics/batch-client
import { readFile } from 'node:fs/promises';
import { BatchClient } from '@speechmatics/batch-client';

const client = new BatchClient({
  apiKey: '${apiKey}',
  apiUrl: '${origin}',
  appId: 'my-app',
});
const recording = { data: new Blob([await readFile('recording.wav')]), fileName: 'recording.wav' };
const transcript = await client.transcribe(recording, { transcription_config: { language: 'en' } }, 'text');
console.log(transcript);`,

  python: ({ origin }, apiKey) => `# pip install speechmatics-batch
import asyncio

from speechmatics.batch import AsyncClient, TranscriptionConfig


async def main():
    async with AsyncClient(api_key="${apiKey}", url="${origin}/v2") as client:
        transcript = await client.transcribe(
            "recording.wav",
            transcription_config=TranscriptionConfig(language="en"),
        )
        print(transcript.transcript_text)


asyncio.run(main())`,
};

const REAL_TIME: Samples = {
  curl: (
    { origin, region },
    apiKey,
  ) => `# curl does not speak WebSocket: it makes the temporary key with which a client connects to
# ${webSocketUrl(origin)}?jwt=TEMPORARY_KEY
curl -X POST "${origin}/v1/api_keys?type=rt" \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '${region === undefined ? '{"ttl": 60}' : `{"ttl": 60, "region": ${literal(region, 'json')}}`}'`,

  // The client puts its key into the URL, where only temporary keys are taken.
  javaScript: (
    { origin, region },
    apiKey,
  ) => `// npm install @speechmatics/auth @speechmatics/real-time-client
import { createReadStream } from 'node:fs';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { RealtimeClient } from '@speechmatics/real-time-client';

const temporaryKey = await createSpeechmaticsJWT({
  type: 'rt',
  apiKey: '${apiKey}',
  ttl: 60,${region === undefined ? '' : `\n  region: ${literal(region, 'javascript')},`}
  managementPlatformURL: '${origin}/v1',
});

const client = new RealtimeClient({ url: '${webSocketUrl(origin)}' });
client.addEventListener('receiveMessage', ({ data }) => {
  if (data.message === 'AddTranscript') process.stdout.write(data.metadata.transcript);
  if (data.message === 'Error') console.error(data.reason);
});

await client.start(temporaryKey, { transcription_config: { language: 'en' } });
for await (const piece of createReadStream('recording.wav')) client.sendAudio(piece);
// The last words still come; then the connection closes by itself.
await client.stopRecognition({ noTimeout: true });`,

  python: ({ origin }, apiKey) => `# pip install speechmatics-rt
import asyncio

from speechmatics.rt import AsyncClient, ServerMessageType, TranscriptionConfig


async def main():
    async with AsyncClient(api_key="${apiKey}", url="${webSocketUrl(origin)}") as client:

        @client.on(ServerMessageType.ADD_TRANSCRIPT)
        def show(message):
            print(message["metadata"]["transcript"], end="", flush=True)

        with open("recording.wav", "rb") as recording:
            await client.transcribe(
                recording,
                transcription_config=TranscriptionConfig(language="en"),
            )


asyncio.run(main())`,
};
