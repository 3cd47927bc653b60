import type { Sealer } from '../../identity/secrets/pepper.ts';
import type { JobConfig } from '../config/schema.ts';

/**
 * The `auth_headers` of a config are sealed when it is accepted: in the row, the manifest and all that works with them
 * they are ciphertext. They are opened for a request that carries them, and to be shown to who may see them.
 */
export const sealHeaders = (config: JobConfig, sealer: Sealer): JobConfig =>
  withHeaders(config, (header) => sealer.seal(Buffer.from(header)).toString('base64'));

export const openHeaders = (sealed: readonly string[] | undefined, sealer: Sealer): string[] =>
  (sealed ?? []).map((header) => open(header, sealer));

/** A stored config as its submitter sent it. */
export const revealHeaders = (config: JobConfig, sealer: Sealer): JobConfig =>
  withHeaders(config, (sealed) => readable(sealed, sealer));

/** A stored config for anyone else: names of headers without their values. */
export const maskHeaders = (config: JobConfig, sealer: Sealer): JobConfig =>
  withHeaders(config, (sealed) => `${readable(sealed, sealer).split(':', 1)[0]}: ***`);

function withHeaders(config: JobConfig, change: (header: string) => string): JobConfig {
  const { fetch_data, fetch_text, notification_config } = config;
  const changed = <T extends { auth_headers?: string[] }>(section: T): T =>
    section.auth_headers ? { ...section, auth_headers: section.auth_headers.map(change) } : section;
  return {
    ...config,
    ...(fetch_data && { fetch_data: changed(fetch_data) }),
    ...(fetch_text && { fetch_text: changed(fetch_text) }),
    ...(notification_config && { notification_config: notification_config.map(changed) }),
  };
}

const open = (sealed: string, sealer: Sealer): string =>
  sealer.unseal(Buffer.from(sealed, 'base64')).toString();

/** A pepper that was lost must not keep a job from being shown. */
function readable(sealed: string, sealer: Sealer): string {
  try {
    return open(sealed, sealer);
  } catch {
    return '***';
  }
}
