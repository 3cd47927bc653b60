// The main job, from an API key to a transcript that only one end user can see. Run by `npm run demo`.
import { readFile } from 'node:fs/promises';
import { createSpeechmaticsJWT } from '@speechmatics/auth';
import { BatchClient } from '@speechmatics/batch-client';
import { startServer } from '../test/helpers/server.ts';

const RECORDING = 'test/fixtures/speech/sense_and_sensibility_01_austen_64kb-0870.wav';

const server = await startServer();
try {
  await main(server.baseUrl, server.bootstrap.management_token, server.bootstrap.project_id);
  console.log('demo: ok');
} catch (error) {
  console.error('demo: failed:', error);
  process.exitCode = 1;
} finally {
  await server.stop();
}

async function main(baseUrl: string, managementToken: string, projectId: number): Promise<void> {
  const apiKey = await createApiKey(baseUrl, managementToken, projectId);
  console.log(`server: ${baseUrl}, API key: ${apiKey.slice(0, 8)}…`);

  // What a backend does for a browser: a key that is good for a minute and for one end user.
  const temporaryKeyFor = (clientRef: string) =>
    createSpeechmaticsJWT({
      type: 'batch',
      apiKey,
      ttl: 60,
      clientRef,
      managementPlatformURL: `${baseUrl}/v1`,
    });

  const client = new BatchClient({
    apiKey: await temporaryKeyFor('USER123'),
    apiUrl: baseUrl,
    appId: 'demo',
  });
  const audio = new File([await readFile(RECORDING)], 'recording.wav');
  const text = await client.transcribe(audio, { transcription_config: { language: 'en' } }, 'text');
  console.log(`transcript: ${String(text).trim()}`);

  const { jobs } = await client.listJobs();
  const path = `/v2/jobs/${jobs[0]?.id}/transcript`;
  await expectStatus(
    'USER456 asks for the transcript of USER123',
    baseUrl + path,
    404,
    await temporaryKeyFor('USER456'),
  );
  await expectStatus('nobody asks for it without a key', baseUrl + path, 401);
}

async function createApiKey(baseUrl: string, managementToken: string, projectId: number): Promise<string> {
  const response = await fetch(`${baseUrl}/v1/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${managementToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ project_id: projectId, name: 'Demo' }),
  });
  const { key_value } = (await response.json()) as { key_value?: string };
  if (key_value === undefined) throw new Error(`the API key was not created: HTTP ${response.status}`);
  return key_value;
}

async function expectStatus(who: string, url: string, expected: number, key?: string): Promise<void> {
  const headers = key === undefined ? undefined : { authorization: `Bearer ${key}` };
  const response = await fetch(url, headers && { headers });
  console.log(`${who}: HTTP ${response.status} ${await response.text()}`);
  if (response.status !== expected) throw new Error(`expected HTTP ${expected}`);
}
