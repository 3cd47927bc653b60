import { Type } from 'typebox';
import { JobConfigSchema } from '../../jobs/config/schema.ts';
import { isoMilliseconds } from '../responses.ts';

export const JobDetailsSchema = Type.Object({
  id: Type.String(),
  created_at: isoMilliseconds,
  data_name: Type.String({ description: 'Name of the uploaded file; empty once the job is deleted.' }),
  text_name: Type.Optional(Type.String({ description: 'Name of the uploaded text of an alignment job.' })),
  duration: Type.Integer({ description: 'Length of the audio in seconds; 0 until it is known.' }),
  status: Type.Enum(['running', 'done', 'rejected', 'deleted', 'expired']),
  config: Type.Optional(JobConfigSchema),
  errors: Type.Optional(Type.Array(Type.Object({ timestamp: Type.String(), message: Type.String() }))),
});
