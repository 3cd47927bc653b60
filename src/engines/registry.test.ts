import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { installLoudness } from '../../test/helpers/models.ts';
import { engineOptions } from './options.ts';
import { createEngine, describeEngine, ENGINES } from './registry.ts';

it('makes engines that bear the name they are registered by, and can do what they were said to', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'parley-models-'));
  const upstream = { url: 'ws://127.0.0.1:9', languages: ['en'] };
  const settings = { threads: 1, modelDirectory: await installLoudness(root), upstream };
  for (const name of Object.keys(ENGINES) as (keyof typeof ENGINES)[]) {
    const engine = await createEngine({ name, settings });
    expect(engine.name).toBe(name);
    expect(await describeEngine({ name, settings })).toEqual(engine.capabilities);
    await engine.close();
  }
  rmSync(root, { recursive: true });
});

it('is what the option offers', () => {
  for (const name of Object.keys(ENGINES)) expect(engineOptions.name.parse(name)).toBe(name);
});

it('loads no native library on import, nor to tell what an engine can do', () => {
  const program = `
    const { describeEngine } = await import(${JSON.stringify(new URL('./registry.ts', import.meta.url).href)});
    const settings = { threads: 1, upstream: { url: 'ws://127.0.0.1:9', languages: ['en'] } };
    for (const name of ['moonshine', 'speechmatics', 'scripted']) await describeEngine({ name, settings });
    process.stdout.write(String(process.report.getReport().sharedObjects.some((file) => /onnx/.test(file))));
  `;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
  expect(execFileSync(process.execPath, args).toString()).toBe('false');
});
