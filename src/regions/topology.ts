import {
  CUSTOMER_TYPES,
  type CustomerType,
  DEFAULT_TABLES,
  fullHost,
  PRODUCTS,
  type Product,
  type Region,
  type TopologyTables,
} from './tables.ts';

export type { CustomerType, Product, Region };

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
  /**
   * Names of the environments of a product, in the order of its table.
   * @param region only those of it
   * @param customerType only those with an endpoint that admits it
   */
  environmentsOf(product: Product, region?: Region, customerType?: CustomerType): readonly string[];
  /** Regions in which there are environments. */
  readonly regions: readonly Region[];
  readonly environmentNames: ReadonlySet<string>;
  /** Whether an environment is served here: all are, unless some have a database of their own. */
  serves(environment: string): boolean;
  /** The same topology where only these environments are served; hosts that are not of it lead to one of them. */
  servingOnly(environments: Iterable<string>): Topology;
}

/** The topology of these tables under `domain`, for example `asr.api.<domain>`. */
export function createTopology(
  domain: string,
  tables: TopologyTables = DEFAULT_TABLES,
  served?: ReadonlySet<string>,
): Topology {
  const endpoints = PRODUCTS.flatMap((product) =>
    tables[product].endpoints.flatMap(({ region, environment: name, hosts, admits }) =>
      hosts.map(
        (host): Endpoint => ({
          environment: { name, region, product },
          host: fullHost(host, domain),
          admits,
        }),
      ),
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
        admits: CUSTOMER_TYPES.filter((type) => found.some(({ admits }) => admits.includes(type))),
      }
    );
  };
  const serves = (name: string) => served === undefined || served.has(name);
  const fallback = (product: Product): Endpoint => {
    const { default: name, endpoints: own } = tables[product];
    const nearest = serves(name) ? undefined : own.find(({ environment }) => serves(environment));
    const found = ofEnvironment(product, nearest?.environment ?? name);
    if (!found) throw new TypeError(`the topology has no default environment for ${product}`);
    return { ...found, admits: CUSTOMER_TYPES };
  };
  const fallbacks = { batch: fallback('batch'), rt: fallback('rt') };
  return {
    endpoints,
    regions: [...new Set(endpoints.map(({ environment }) => environment.region))],
    environmentNames: new Set(endpoints.map(({ environment }) => environment.name)),
    environmentsOf: (product, region, customerType) => {
      const found = endpoints.filter(
        ({ environment, admits }) =>
          environment.product === product &&
          (region === undefined || environment.region === region) &&
          (customerType === undefined || admits.includes(customerType)),
      );
      return [...new Set(found.map(({ environment }) => environment.name))];
    },
    endpointFor: (product, hostHeader, environment) =>
      (environment === undefined ? undefined : ofEnvironment(product, environment)) ??
      byHost.get(`${product} ${hostName(hostHeader)}`) ??
      fallbacks[product],
    serves,
    servingOnly: (environments) => createTopology(domain, tables, new Set(environments)),
  };
}

/** The region meant when none is named: `eu` where it is one of them, else the first. */
export const defaultRegion = (regions: readonly Region[]): Region | undefined =>
  regions.includes('eu') ? 'eu' : regions[0];

/** Lower-case host without port or a final dot. */
function hostName(header: string | undefined): string {
  return (header ?? '').toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
