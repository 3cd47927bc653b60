import { Type } from 'typebox';

/** Members of `transcription_config` that mean the same in a job and in a session. */

const open = { additionalProperties: true };

export const additionalVocab = Type.Array(
  Type.Union([
    Type.String(),
    Type.Object(
      { content: Type.String({ minLength: 1 }), sounds_like: Type.Optional(Type.Array(Type.String())) },
      open,
    ),
  ]),
  { maxItems: 1_000 },
);

export const punctuationOverrides = Type.Object(
  {
    sensitivity: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    permitted_marks: Type.Optional(
      Type.Array(Type.String({ pattern: '^(all|.)$', description: 'One character, or `all`.' })),
    ),
  },
  open,
);

export const audioFiltering = Type.Object(
  { volume_threshold: Type.Optional(Type.Number({ minimum: 0, maximum: 100 })) },
  open,
);

export const transcriptFiltering = Type.Object(
  {
    remove_disfluencies: Type.Optional(Type.Boolean()),
    replacements: Type.Optional(
      Type.Array(
        Type.Object(
          { from: Type.String({ minLength: 1, maxLength: 1_000 }), to: Type.String({ maxLength: 1_000 }) },
          { additionalProperties: false },
        ),
        { maxItems: 1_000 },
      ),
    ),
  },
  open,
);

/** Whether a member of a config asks for anything: an empty list, which some clients send for none, does not. */
export const isAskedFor = (member: unknown): boolean =>
  member !== undefined && !(Array.isArray(member) && member.length === 0);
