import { type Static, Type } from 'typebox';
import type { ProjectPrincipal } from '../../identity/principal.ts';
import { LimitsSchema } from '../../identity/temporary-keys/limits.ts';
import type { MintRequest } from '../../identity/temporary-keys/mint-request.ts';
import type { TemporaryKeys } from '../../identity/temporary-keys/temporary-key.ts';
import { clientRef } from '../text.ts';

export interface MintDeps {
  readonly temporaryKeys: TemporaryKeys;
  readonly maxTtlSeconds: number;
  /** Regions of the topology. */
  readonly regions: readonly string[];
}

export const MintQuery = Type.Object({
  type: Type.Optional(
    Type.Enum(['batch', 'rt'], { description: 'Product of a temporary key. Default batch.' }),
  ),
});

const Limits = Type.Object(
  {
    ...LimitsSchema.properties,
    client_ref: Type.Optional(clientRef('The end user of real-time sessions; only with type rt.')),
    environment: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          'The only environment that admits the key, for example EU1. Default, where the key has limits that are counted: the first of its region.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What a temporary key may do at most.',
  },
);

/** Speechmatics' clients know only these regions, and name `eu` unless told otherwise. */
const CLIENT_REGIONS = ['eu', 'usa', 'au'];

/** What a caller may name. Where there is one region, each of the names that clients send means that one. */
const regionNames = (regions: readonly string[]): string[] =>
  regions.length === 1 ? [...new Set([...regions, ...CLIENT_REGIONS])] : [...regions];

/** Members of the body that mints a temporary key. */
export const temporaryKeyMembers = ({ maxTtlSeconds, regions }: MintDeps) => ({
  ttl: Type.Integer({
    minimum: 60,
    maximum: maxTtlSeconds,
    description: 'Time to live of a temporary key in seconds; required with an API key.',
  }),
  client_ref: Type.Optional(
    clientRef(
      'The end user the key is for: it reaches only the jobs of this reference. Ignored for type rt.',
    ),
  ),
  region: Type.Optional(
    Type.Enum(regionNames(regions), {
      description:
        'The region the temporary key opens. Default: eu if the workspace is contracted for it, else its first.',
    }),
  ),
  limits: Type.Optional(Limits),
});

interface MintInput {
  readonly type?: 'batch' | 'rt' | undefined;
  readonly ttl: number;
  readonly client_ref?: string;
  readonly region?: string;
  readonly limits?: Static<typeof Limits>;
}

export const MintedKey = Type.Object({
  key_value: Type.String({ description: 'The key, shown here and never again.' }),
  apikey_id: Type.Null(),
});

export async function mintTemporaryKey(
  { temporaryKeys, regions }: MintDeps,
  minter: ProjectPrincipal,
  input: MintInput,
): Promise<Static<typeof MintedKey>> {
  const { environment, ...limits } = input.limits ?? {};
  const region = input.region !== undefined && regions.length === 1 ? regions[0] : input.region;
  const wanted: MintRequest = {
    type: input.type ?? 'batch',
    ttlSeconds: input.ttl,
    ...(input.client_ref !== undefined && { clientRef: input.client_ref }),
    ...(region !== undefined && { region }),
    ...(environment !== undefined && { environment }),
    limits,
  };
  return { key_value: await temporaryKeys.mint(minter, wanted), apikey_id: null };
}
