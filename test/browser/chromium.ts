import { type Browser, chromium } from 'playwright-core';
import { findChromium } from '../../tools/tier-two.ts';

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
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium here: apt-get install -y chromium');
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags] });
}

/** Flags for a microphone that hears a recording, from its beginning whenever a page opens it. */
export const recordedMicrophone = (wavFile: string): string[] => [
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${wavFile}%noloop`,
];
