import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { startReceiver } from '../helpers/receiver.ts';

/** What the page gets to open a session with. */
export interface Permit {
  readonly key: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const WORKLET = import.meta.resolve('@speechmatics/browser-audio-input/pcm-audio-worklet.min.js');

/**
 * The web site of an application, with the page `pages/microphone.tsx`. `permit` is what it does for a visitor who may
 * speak; `url` is where the page finds the speech server.
 */
export async function openSite({ url, permit }: { url: string; permit: () => Promise<Permit> }) {
  const scripts: Readonly<Record<string, string>> = {
    '/microphone.js': await bundle('microphone.tsx'),
    '/pcm-audio-worklet.min.js': await readFile(fileURLToPath(WORKLET), 'utf8'),
  };
  const html = `<!doctype html><title>Microphone</title>
<main data-url="${url}"></main><script type="module" src="/microphone.js"></script>`;
  return startReceiver(async ({ method, target }, response) => {
    const script = scripts[target];
    if (method === 'POST') response.end(JSON.stringify(await permit()));
    else if (script) response.setHeader('content-type', 'text/javascript').end(script);
    else response.setHeader('content-type', 'text/html').end(html);
  });
}

async function bundle(page: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`pages/${page}`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}
