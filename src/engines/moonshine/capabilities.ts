import type { Capabilities } from '../engine.ts';

export const CAPABILITIES: Capabilities = { languages: ['en'], alignment: true, live: true };
