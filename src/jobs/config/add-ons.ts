import { languageOf } from './parse.ts';
import type { JobConfig } from './schema.ts';

interface AddOnError {
  readonly type: string;
  readonly message: string;
}

/** What can be made of a transcript beside it, and how the service says that it was not made. */
const ADD_ONS = [
  ['summarization_config', 'summarization_errors', 'Summarization'],
  ['sentiment_analysis_config', 'sentiment_analysis_errors', 'Sentiment analysis'],
  ['topic_detection_config', 'topic_detection_errors', 'Topic Detection'],
  ['auto_chapters_config', 'auto_chapters_errors', 'Auto chapters'],
] as const;

const MAX_TOPICS = 10;

/**
 * The error lists of a transcript's metadata, by member, for the add-ons that a job asked for: none is on offer for any
 * language here. An add-on that fails never fails its job (Batch API, metadata of json-v2).
 */
export function addOnErrors(config: JobConfig): Readonly<Record<string, readonly AddOnError[]>> {
  const asked = ADD_ONS.filter(([section]) => config[section] !== undefined);
  return Object.fromEntries(
    asked.map(([section, member, name]) => {
      const message = `${name} not supported for ${languageOf(config)}.`;
      const tooMany = section === 'topic_detection_config' && hasTooManyTopics(config);
      return [member, [tooMany ? TOO_MANY_TOPICS : { type: 'unsupported_language', message }]];
    }),
  );
}

const TOO_MANY_TOPICS: AddOnError = {
  type: 'unsupported_list_of_topics',
  message: `List of topics cannot exceed ${MAX_TOPICS} topics.`,
};

const hasTooManyTopics = ({ topic_detection_config }: JobConfig): boolean =>
  (topic_detection_config?.topics?.length ?? 0) > MAX_TOPICS;
