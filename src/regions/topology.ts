/** A region as temporary keys name it. */
export const REGIONS = ['eu', 'usa', 'au'] as const;
export type Region = (typeof REGIONS)[number];

export type Product = 'batch' | 'rt';
export type CustomerType = 'on-demand' | 'enterprise';

export interface Environment {
  /** `EU1`, `US2`, …; names are per product: batch EU1 and real-time EU1 hold different things. */
  readonly name: string;
  readonly region: Region;
  readonly product: Product;
}

/** A host name that leads to one environment, and which customer types may use it. */
export interface Endpoint {
  readonly environment: Environment;
  readonly host: string;
  readonly admits: readonly CustomerType[];
}

export interface Topology {
  readonly endpoints: readonly Endpoint[];
  /**
   * The endpoint a request reaches. A host of the topology decides; for any other (a bare IP, `localhost`) it is the
   * product's default environment, open to every customer type.
   * @param environment the environment that the port reached belongs to; it wins over the host
   */
  endpointFor(product: Product, hostHeader: string | undefined, environment?: string): Endpoint;
  /** Regions in which there are environments. */
  readonly regions: readonly Region[];
  readonly environmentNames: ReadonlySet<string>;
}

const ALL: readonly CustomerType[] = ['on-demand', 'enterprise'];
const ENTERPRISE: readonly CustomerType[] = ['enterprise'];

type Row = readonly [
  product: Product,
  region: Region,
  environment: string,
  admits: readonly CustomerType[],
  hosts: readonly string[],
];

/** The two tables of the authentication page; hosts are completed by the configured domain. */
const TABLE: readonly Row[] = [
  ['batch', 'eu', 'EU1', ALL, ['asr.api']],
  ['batch', 'eu', 'EU1', ENTERPRISE, ['eu.asr.api', 'eu1.asr.api']],
  ['batch', 'eu', 'EU2', ENTERPRISE, ['eu2.asr.api']],
  ['batch', 'usa', 'US1', ENTERPRISE, ['us.asr.api', 'us1.asr.api']],
  ['batch', 'usa', 'US2', ENTERPRISE, ['us2.asr.api']],
  ['batch', 'au', 'AU1', ENTERPRISE, ['au1.asr.api']],
  ['rt', 'eu', 'EU2', ['on-demand'], ['eu2.rt']],
  ['rt', 'eu', 'EU1', ENTERPRISE, ['neu.rt']],
  ['rt', 'usa', 'US1', ENTERPRISE, ['wus.rt']],
];

const DEFAULT_ENVIRONMENT: Readonly<Record<Product, string>> = { batch: 'EU1', rt: 'EU2' };

/** The topology of the authentication page under `domain`, for example `asr.api.<domain>`. */
export function createTopology(domain: string): Topology {
  const endpoints = TABLE.flatMap(([product, region, name, admits, hosts]) =>
    hosts.map(
      (host): Endpoint => ({ environment: { name, region, product }, host: `${host}.${domain}`, admits }),
    ),
  );
  const byHost = new Map(
    endpoints.map((endpoint) => [`${endpoint.environment.product} ${endpoint.host}`, endpoint]),
  );
  const ofEnvironment = (product: Product, name: string): Endpoint | undefined => {
    const found = endpoints.filter(
      ({ environment }) => environment.product === product && environment.name === name,
    );
    return (
      found[0] && {
        ...found[0],
        admits: ALL.filter((type) => found.some(({ admits }) => admits.includes(type))),
      }
    );
  };
  const fallback = (product: Product): Endpoint => {
    const found = ofEnvironment(product, DEFAULT_ENVIRONMENT[product]);
    if (!found) throw new TypeError(`the topology has no default environment for ${product}`);
    return { ...found, admits: ALL };
  };
  const fallbacks = { batch: fallback('batch'), rt: fallback('rt') };
  return {
    endpoints,
    regions: [...new Set(endpoints.map(({ environment }) => environment.region))],
    environmentNames: new Set(endpoints.map(({ environment }) => environment.name)),
    endpointFor: (product, hostHeader, environment) =>
      (environment === undefined ? undefined : ofEnvironment(product, environment)) ??
      byHost.get(`${product} ${hostName(hostHeader)}`) ??
      fallbacks[product],
  };
}

/** Lower-case host without port or a final dot. */
function hostName(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
