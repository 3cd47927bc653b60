/**
 * Codes that a path may name a language by (Speechmatics real-time API, "Languages"): any other path is none of real
 * time's.
 */
const CODES = [
  'ar|ba|be|bg|bn|ca|cmn|cs|cy|da|de|el|en|eo|es|et|eu|fa|fi|fr|ga|gl|he|hi|hr|hu|ia|id|it|ja|ko|lt|lv',
  'mn|mr|ms|mt|nl|no|pl|pt|ro|ru|sk|sl|sv|sw|ta|th|tl|tr|ug|uk|ur|vi|yue',
  'ar_en|cmn_en|cmn_en_ms_ta|en_ms|en_ta|es-bilingual-en|multi',
].join('|');

export const LANGUAGE = `:language(^(?:${CODES})$)`;
