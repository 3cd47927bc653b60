import { integer } from '../base/option.ts';

export const jobOptions = {
  maxUploadBytes: integer({
    env: 'PARLEY_MAX_UPLOAD_BYTES',
    doc: 'Largest upload accepted, in bytes.',
    default: 1_000_000_000,
    min: 1_000,
    max: 100_000_000_000,
  }),
  retentionDays: integer({
    env: 'PARLEY_RETENTION_DAYS',
    doc: 'Days after its end until the files of a job are removed and its status is `expired`.',
    default: 7,
    min: 1,
    max: 36_500,
  }),
  maxRunningJobs: integer({
    env: 'PARLEY_MAX_RUNNING_JOBS',
    doc: 'Unfinished jobs a workspace may have in one environment, unless it has a quota of its own.',
    default: 20_000,
    min: 1,
    max: 10_000_000,
  }),
};
