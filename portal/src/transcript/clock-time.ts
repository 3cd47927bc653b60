export { clockTime } from '../jobs/job.ts';
