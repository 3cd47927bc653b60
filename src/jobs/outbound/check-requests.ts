import { AppError } from '../../errors/app-error.ts';
import { parseHeaders } from '../../net/headers.ts';
import type { Outbound } from '../../net/outbound.ts';
import { OutboundError } from '../../net/outbound-error.ts';
import type { JobConfig } from '../config/schema.ts';

/**
 * Throws `job_rejected` for a config that names a URL which will never be reached or a header that may not be sent.
 * Where a host name leads is decided at each connection.
 */
export function checkRequests(config: JobConfig, http: Pick<Outbound, 'check'>): void {
  const { type, fetch_data, fetch_text, notification_config = [] } = config;
  if (fetch_text && type !== 'alignment') throw invalid('fetch_text is for jobs of the type alignment');
  const named = [
    ['fetch_data', fetch_data] as const,
    ['fetch_text', fetch_text] as const,
    ...notification_config.map((entry, index) => [`notification_config.${index}`, entry] as const),
  ];
  for (const [where, section] of named) {
    if (!section) continue;
    try {
      http.check(section.url);
      parseHeaders(section.auth_headers ?? []);
    } catch (error) {
      throw error instanceof OutboundError ? invalid(`${where}: ${error.message}`) : error;
    }
  }
}

const invalid = (reason: string): AppError =>
  new AppError('job_rejected', { detail: `Job config JSON is invalid. Error: ${reason}` });
