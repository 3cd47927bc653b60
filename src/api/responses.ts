import { type TSchema, Type } from 'typebox';

export const isoMilliseconds = Type.String({
  format: 'date-time',
  description: 'RFC 3339, UTC, milliseconds.',
});

const ErrorSchema = Type.Object(
  {
    code: Type.Integer({
      description: 'The HTTP status; on management paths the number of the failed rule.',
    }),
    error: Type.String(),
    detail: Type.Optional(Type.String()),
  },
  { description: 'Any error. `docs/errors.md` lists the values of `error`.' },
);

/** The answers of a route for its documentation: its own, and the error shape for everything else. */
export const answers = (own: Readonly<Record<number, TSchema>>): Record<string, TSchema> => ({
  ...own,
  default: ErrorSchema,
});
