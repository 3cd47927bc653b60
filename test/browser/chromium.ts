import { type Browser, chromium } from 'playwright-core';
import { findChromium, findProgram } from '../../tools/tier-two.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The installed Chromium, with further flags. */
export async function launchChromium(flags: readonly string[] = []): Promise<Browser> {
  const executablePath = (flags.length === 0 ? findShell() : undefined) ?? findChromium();
  if (executablePath === undefined) throw new Error('no Chromium here: apt-get install -y chromium');
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}

/** Chromium without what only a window or a device needs: a page takes it a quarter less time. It has no microphone. */
const findShell = (): string | undefined => findProgram(['chromium-headless-shell']);

/** Flags for a microphone that hears a recording, from its beginning whenever a page opens it. */
export const recordedMicrophone = (wavFile: string): string[] => [
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${wavFile}%noloop`,
];
