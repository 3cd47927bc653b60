import type { Item } from '../item.ts';
import { removeDisfluencies } from './disfluencies.ts';
import { compileReplacements, type Replacement } from './replacements.ts';
import { sentences } from './sentences.ts';
import { tagWords } from './tags.ts';

/** What the filters read of a `transcription_config`, by its names on the wire. */
export interface FilterConfig {
  /** Absent, or with the mark `all`: all marks. */
  readonly punctuation_overrides?: { readonly permitted_marks?: readonly string[] };
  /** English only. */
  readonly enable_entities?: boolean;
  readonly transcript_filtering_config?: {
    readonly remove_disfluencies?: boolean;
    readonly replacements?: readonly Replacement[];
  };
}

/**
 * Items of one channel, in spoken order, as the config wants them printed: tagged, without hesitations or marks that
 * it leaves out, values as entities, words replaced, in this order.
 */
export type Filter = (items: readonly Item[]) => Item[];

type SentenceFilter = (sentence: readonly Item[]) => readonly Item[];

/** Tells whether the config asks for entities and they can be found. */
export function findsEntities({ enable_entities }: FilterConfig, language: string): boolean {
  return enable_entities === true && language === 'en';
}

/** Tells whether the filter of a config may hold up the process: entities and regular expressions do. */
export function takesLong(config: FilterConfig, language: string): boolean {
  const { replacements = [] } = config.transcript_filtering_config ?? {};
  return findsEntities(config, language) || replacements.some(({ from }) => from.startsWith('/'));
}

/**
 * Makes the filter of a config, to be used as often as needed. Throws as `compileReplacements` does.
 * @param language ISO 639 code
 */
export async function createFilter(config: FilterConfig, language: string): Promise<Filter> {
  const { permitted_marks: marks = ['all'] } = config.punctuation_overrides ?? {};
  const { remove_disfluencies = false, replacements = [] } = config.transcript_filtering_config ?? {};
  const filters: SentenceFilter[] = [(sentence) => tagWords(sentence, language)];
  if (remove_disfluencies) filters.push(removeDisfluencies);
  if (!marks.includes('all')) filters.push((sentence) => sentence.filter((item) => isPermitted(item, marks)));
  // Loaded when asked for: it takes half a second and 100 MB.
  if (findsEntities(config, language)) filters.push((await import('./entities/entities.ts')).findEntities);
  if (replacements.length > 0) filters.push(compileReplacements(replacements));
  return (items) =>
    [...sentences(items)].flatMap((sentence) => filters.reduce((kept, filter) => filter(kept), sentence));
}

function isPermitted({ type, content }: Item, marks: readonly string[]): boolean {
  return type !== 'punctuation' || marks.includes(content);
}
