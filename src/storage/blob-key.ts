const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
const MAX_KEY_LENGTH = 512;
const MAX_SEGMENT_LENGTH = 200;

/**
 * Throws `TypeError` unless `key` is segments of `[A-Za-z0-9._-]` joined by `/`, none empty or longer than
 * 200 characters and none that starts with a dot (so no `.`, no `..`, no hidden file); 512 characters in all.
 */
export function checkBlobKey(key: string): void {
  const valid =
    typeof key === 'string' &&
    key.length <= MAX_KEY_LENGTH &&
    KEY.test(key) &&
    key.split('/').every((segment) => segment.length <= MAX_SEGMENT_LENGTH);
  if (!valid) throw new TypeError('Not a valid blob key');
}
