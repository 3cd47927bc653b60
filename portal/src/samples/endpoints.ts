import type { Session } from '../api/session.ts';

export type Product = 'batch' | 'rt';

/** Where a program sends its requests. */
export interface Endpoint {
  readonly id: string;
  /** As a choice is named: "asr.api.example.org (EU1)". */
  readonly label: string;
  /** Without a path: `https://asr.api.example.org`. */
  readonly origin: string;
  /** To be named when a temporary key is made; absent where the server's default is right. */
  readonly region?: string;
}

type Offer = Pick<Session, 'endpoints' | 'domain'>;

/** The region that clients ask for unless they are told otherwise. */
const USUAL_REGION = 'eu';

/**
 * The endpoints of a product: the address this page came from, and each host name of the installation once it has a
 * domain. Only hosts of the given regions, where these are known.
 */
export function endpointsOf(
  { endpoints, domain }: Offer,
  product: Product,
  { here, regions }: { readonly here: string; readonly regions?: readonly string[] | undefined },
): readonly Endpoint[] {
  const own = endpoints.filter(
    (each) => each.product === product && (regions === undefined || regions.includes(each.region)),
  );
  const thisServer = {
    id: 'here',
    label: `This server (${new URL(here).host})`,
    origin: here,
    ...regionOf(own.some(({ region }) => region === USUAL_REGION) ? USUAL_REGION : own[0]?.region),
  };
  if (domain === 'localhost') return [thisServer];
  const hosts = own.map(({ host, environment, region }) => ({
    id: host,
    label: `${host} (${environment})`,
    origin: withHost(here, host),
    ...regionOf(region),
  }));
  return [thisServer, ...hosts];
}

const regionOf = (region: string | undefined) =>
  region === undefined || region === USUAL_REGION ? {} : { region };

/** The same scheme and port as the portal: one listener serves all of them. */
function withHost(here: string, host: string): string {
  const url = new URL(here);
  url.hostname = host;
  return url.origin;
}

/** The real-time API of an endpoint: `wss://eu2.rt.example.org/v2`. */
export const webSocketUrl = (origin: string): string => `${origin.replace(/^http/, 'ws')}/v2`;
