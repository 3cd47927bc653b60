import { expect, it } from 'vitest';
import { addOnErrors } from './add-ons.ts';

const plain = { type: 'transcription', transcription_config: { language: 'en' } } as const;

it('says of each add-on that was asked for why it is not there, and of others nothing', () => {
  expect(addOnErrors(plain)).toEqual({});
  expect(addOnErrors({ ...plain, summarization_config: {}, auto_chapters_config: {} })).toEqual({
    summarization_errors: [{ type: 'unsupported_language', message: 'Summarization not supported for en.' }],
    auto_chapters_errors: [{ type: 'unsupported_language', message: 'Auto chapters not supported for en.' }],
  });
});

it.each([
  [10, 'unsupported_language', 'Topic Detection not supported for en.'],
  [11, 'unsupported_list_of_topics', 'List of topics cannot exceed 10 topics.'],
])('with %i topics names the fault', (count, type, message) => {
  const topics = Array.from({ length: count }, (_, index) => `topic ${index}`);
  expect(addOnErrors({ ...plain, topic_detection_config: { topics } })).toEqual({
    topic_detection_errors: [{ type, message }],
  });
});
