import { integer } from '../base/option.ts';

export const jobOptions = {
  maxUploadBytes: integer({
    env: 'PARLEY_MAX_UPLOAD_BYTES',
    doc: 'Largest upload accepted, in bytes.',
    default: 1_000_000_000,
    min: 1_000,
    max: 100_000_000_000,
  }),
};
