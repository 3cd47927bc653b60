import { afterAll, beforeAll } from 'vitest';
import { startUpstream, type TestUpstream } from '../../../test/helpers/upstream.ts';
import { describeEngineContract } from '../contract/engine.contract.ts';
import { Host } from '../host/host.ts';
import { sayWords } from '../scripted/script.ts';
import { createSpeechmatics } from './engine.ts';

const WORDS = ['good', 'morning', 'everybody'];
const SPEECH = { words: WORDS, samples: new Float32Array(32_000).fill(0.1) };

let upstream: TestUpstream;
beforeAll(async () => {
  upstream = await startUpstream({ script: sayWords(...WORDS) });
});
afterAll(() => upstream.close());

const settings = () => ({ url: upstream.url, languages: ['en'] });

describeEngineContract('speechmatics', async () => createSpeechmatics(settings()), SPEECH);
describeEngineContract(
  'speechmatics in a process of its own',
  () => Host.start({ name: 'speechmatics', settings: { threads: 1, upstream: settings() } }),
  SPEECH,
);
