import { type Static, Type } from 'typebox';

/** A region as temporary keys name it; which there are is up to the topology. */
export type Region = string;

export const PRODUCTS = ['batch', 'rt'] as const;
export type Product = (typeof PRODUCTS)[number];

export const CUSTOMER_TYPES = ['on-demand', 'enterprise'] as const;
export type CustomerType = (typeof CUSTOMER_TYPES)[number];

export const REGION_PATTERN = '^[a-z0-9-]{1,20}$';
/** Environments begin the keys of blobs and are written in any case in PARLEY_ENVIRONMENT_PORTS. */
export const ENVIRONMENT_PATTERN = '^(?=.{2,20}$)[A-Z]+[0-9]+$';

const closed = { additionalProperties: false };

/** Hosts that lead to one environment, and the customer types they admit. */
const Row = Type.Object(
  {
    region: Type.String({ pattern: REGION_PATTERN }),
    environment: Type.String({ pattern: ENVIRONMENT_PATTERN }),
    hosts: Type.Array(Type.String(), { minItems: 1 }),
    admits: Type.Array(Type.Enum([...CUSTOMER_TYPES]), { minItems: 1 }),
  },
  closed,
);

/** The endpoints of one product, and the environment that other hosts lead to. */
const Table = Type.Object(
  { default: Type.String({ pattern: ENVIRONMENT_PATTERN }), endpoints: Type.Array(Row, { minItems: 1 }) },
  closed,
);

/** A topology as it is written down, also in a file; what spans several rows is checked by `topology-file.ts`. */
export const TopologySchema = Type.Object({ batch: Table, rt: Table }, closed);
export type TopologyTables = Static<typeof TopologySchema>;

const ALL = [...CUSTOMER_TYPES];
const ENTERPRISE: CustomerType[] = ['enterprise'];

/** The two tables of Speechmatics' authentication page. */
export const DEFAULT_TABLES: TopologyTables = {
  batch: {
    default: 'EU1',
    endpoints: [
      { region: 'eu', environment: 'EU1', hosts: ['asr.api'], admits: ALL },
      { region: 'eu', environment: 'EU1', hosts: ['eu.asr.api', 'eu1.asr.api'], admits: ENTERPRISE },
      { region: 'eu', environment: 'EU2', hosts: ['eu2.asr.api'], admits: ENTERPRISE },
      { region: 'usa', environment: 'US1', hosts: ['us.asr.api', 'us1.asr.api'], admits: ENTERPRISE },
      { region: 'usa', environment: 'US2', hosts: ['us2.asr.api'], admits: ENTERPRISE },
      { region: 'au', environment: 'AU1', hosts: ['au1.asr.api'], admits: ENTERPRISE },
    ],
  },
  rt: {
    default: 'EU2',
    endpoints: [
      { region: 'eu', environment: 'EU2', hosts: ['eu2.rt'], admits: ['on-demand'] },
      { region: 'eu', environment: 'EU1', hosts: ['neu.rt'], admits: ENTERPRISE },
      { region: 'usa', environment: 'US1', hosts: ['wus.rt'], admits: ENTERPRISE },
    ],
  },
};

/** A host of a table in full: it is below `domain`, unless it ends with a dot, as in a DNS zone file. */
export function fullHost(host: string, domain: string): string {
  return (host.endsWith('.') ? host.slice(0, -1) : `${host}.${domain}`).toLowerCase();
}

const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(\\.${LABEL})*$`, 'i');

/** Whether it is a host name by RFC 1123, without a final dot. */
export const isHostName = (text: string): boolean => HOST_NAME.test(text);
