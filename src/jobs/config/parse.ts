import { Compile } from 'typebox/compile';
import { hasMoreValues, isNestedDeeper } from '../../base/nesting.ts';
import { AppError } from '../../errors/app-error.ts';
import { type FixedMembers, withLocked } from '../../identity/temporary-keys/limits.ts';
import { withoutNulls } from '../../transcripts/without-nulls.ts';
import type { JsonObject } from '../job.ts';
import { type Offer, refuseUnavailable } from './offer.ts';
import { type JobConfig, JobConfigSchema } from './schema.ts';

const validator = Compile(JobConfigSchema);

/** Far beyond any real config, and far below where a reader of JSON runs out of stack. */
const MAX_DEPTH = 32;
/** More than a full list of words with their pronunciations; to check what holds more takes long. */
const MAX_VALUES = 20_000;

/**
 * Reads the JSON text of a submission's config: what was sent, minus nulls; it is echoed to the client, so nothing
 * is added but what is locked, and of two names of the model one is left. Throws `job_rejected` when it is not what the schema says,
 * `no_language`, and `product_not_available` for a language or feature that cannot be had here.
 * @param lock members of transcription_config with the only value they may have: absent ones get it, another value
 *   is `forbidden`; the language also of alignment_config
 */
export function parseJobConfig(text: string, offer: Offer, lock: FixedMembers = {}): JobConfig {
  const config = withOneModel(validate(withLockedSections(withoutNulls(parseObject(text)), lock)));
  refuseUnavailable(config, requireLanguage(config), offer);
  return config;
}

function withLockedSections(config: JsonObject, lock: FixedMembers): JsonObject {
  const locked = withLockedSection(config, 'transcription_config', lock);
  const { language } = lock;
  if (config.type !== 'alignment' || language === undefined) return locked;
  return withLockedSection(locked, 'alignment_config', { language });
}

function withLockedSection(config: JsonObject, section: string, lock: FixedMembers): JsonObject {
  const { [section]: sent } = config;
  // Anything but an object is refused by the schema.
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) return config;
  return { ...config, [section]: withLocked(section, sent, lock) };
}

function parseObject(text: string): JsonObject {
  if (hasMoreValues(text, MAX_VALUES)) throw invalid(`it holds more than ${MAX_VALUES} values`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('it is not an object');
  if (isNestedDeeper(value, MAX_DEPTH)) throw invalid(`it is nested more than ${MAX_DEPTH} levels deep`);
  if (hasInfinity(value)) throw invalid('a number is too large');
  return value as JsonObject;
}

/** JSON reads a number that is too large as infinite, which could not be stored and echoed as it was sent. */
function hasInfinity(value: unknown): boolean {
  if (typeof value !== 'object' || value === null)
    return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
  return Object.values(value).some(hasInfinity);
}

function validate(config: JsonObject): JobConfig {
  if (!validator.Check(config)) {
    const [first] = validator.Errors(config);
    throw invalid(first && `${first.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${first.message}`);
  }
  const section = `${config.type}_config` as const;
  if (config[section] === undefined) throw invalid(`${section} is required`);
  if (config.fetch_text && config.type !== 'alignment') {
    throw invalid('fetch_text belongs to alignment jobs');
  }
  const { model, operating_point } = config.transcription_config ?? {};
  if (model !== undefined && operating_point !== undefined && model !== operating_point) {
    throw invalid('model and operating_point differ; operating_point is the old name of model');
  }
  return config;
}

/** Official clients fail on a config that names the model twice, even alike. */
function withOneModel(config: JobConfig): JobConfig {
  const { operating_point, ...others } = config.transcription_config ?? {};
  if (operating_point === undefined || others.model === undefined) return config;
  return { ...config, transcription_config: others };
}

/** The model that a valid config asks for, by whichever name. */
export function modelOf({ transcription_config }: JobConfig): string {
  return transcription_config?.model ?? transcription_config?.operating_point ?? 'standard';
}

/** The language of a valid config. */
export const languageOf = ({ type, transcription_config, alignment_config }: JobConfig): string =>
  (type === 'alignment' ? alignment_config?.language : transcription_config?.language) ?? '';

/** A reason may name members of the caller's, as long as the caller likes. */
const MAX_REASON_LENGTH = 200;

const invalid = (reason?: string): AppError =>
  new AppError('job_rejected', {
    detail: reason
      ? `Job config JSON is invalid. Error: ${reason.slice(0, MAX_REASON_LENGTH)}`
      : 'Job config JSON is invalid',
  });

function requireLanguage(config: JobConfig): string {
  const language = languageOf(config);
  if (language !== '') return language;
  throw new AppError('no_language', { detail: `${config.type}_config.language is required` });
}
