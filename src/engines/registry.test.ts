import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { engineOptions } from './options.ts';
import { createEngine, ENGINES } from './registry.ts';

it('makes engines that bear the name they are registered by', async () => {
  for (const name of Object.keys(ENGINES) as (keyof typeof ENGINES)[]) {
    const engine = await createEngine({ name, settings: { threads: 1 } });
    expect(engine.name).toBe(name);
    await engine.close();
  }
});

it('is what the option offers', () => {
  for (const name of Object.keys(ENGINES)) expect(engineOptions.name.parse(name)).toBe(name);
});

it('loads no native library on import', () => {
  const program = `
    await import(${JSON.stringify(new URL('./registry.ts', import.meta.url).href)});
    process.stdout.write(String(process.report.getReport().sharedObjects.some((file) => /onnx/.test(file))));
  `;
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', program];
  expect(execFileSync(process.execPath, args).toString()).toBe('false');
});
