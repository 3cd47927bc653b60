/** What to do about a refusal, by its reason. */
const REMEDIES: Readonly<Record<string, string>> = {
  missing:
    'Send the key in the header Authorization, as “Bearer” and the key. Browsers give it as ?jwt= to the real-time API.',
  malformed: 'Copy the key again, whole.',
  unknown: 'Check that it was made in this workspace, and was not deleted since.',
  bad_signature: 'Make a new key, and hand it on as it is.',
  bad_claims: 'Make a new key with this installation.',
  expired: 'Make a new key. If keys end too early, give them a longer time to live.',
  not_yet_valid: 'Set the clock of the server that made it.',
  revoked: 'Use another API key; make temporary keys anew with it.',
  wrong_kind: 'Use an API key or a temporary key for transcription, a management token for administration.',
  not_permitted: 'Use a key of the right product: type=batch for jobs, type=rt for real time.',
  wrong_region: 'Call an endpoint in the region of the key, or name the region when you make it.',
  wrong_customer_type: 'Call an endpoint that is open to your workspace.',
  outside_limits: 'Compare the request with what the key allows: paste the key above.',
  rate_limited: 'Send less at a time, and wait as long as Retry-After says.',
  too_many_refused: 'Use a key that is accepted, and wait as long as Retry-After says.',
};

export const remedyOf = (reason: string): string | undefined =>
  Object.hasOwn(REMEDIES, reason) ? REMEDIES[reason] : undefined;
