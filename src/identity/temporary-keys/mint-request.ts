import { AppError } from '../../errors/app-error.ts';
import { defaultRegion, type Product, type Region, type Topology } from '../../regions/topology.ts';
import type { ProjectPrincipal } from '../principal.ts';
import { faultOfLimits, isCounting, type LimitsClaim } from './limits.ts';

export interface MintRequest {
  readonly type: Product;
  readonly ttlSeconds: number;
  readonly clientRef?: string;
  readonly region?: Region;
  readonly limits?: LimitsClaim;
  /** The environment to bind the key to. */
  readonly environment?: string;
}

export interface MintRules {
  readonly enforceRegion: boolean;
  readonly supportContact: string;
  readonly topology: Pick<Topology, 'environmentsOf'>;
}

/** Where a new key is valid; absent: everywhere its minter is. */
interface Reach {
  readonly region?: Region;
  readonly env?: string;
}

/** Lets the holder of an API key mint what it asks for, or throws: nothing is minted that could not be used. */
export function judgeMint(minter: ProjectPrincipal, request: MintRequest, rules: MintRules): Reach {
  requireMinter(minter, request, rules.supportContact);
  requireLimits(request);
  const region = regionOf(minter, request, rules);
  const env = environmentOf(
    minter,
    request,
    region === undefined ? minter.regions : [region],
    rules.topology,
  );
  return { ...(region !== undefined && { region }), ...(env !== undefined && { env }) };
}

/** Enterprise workspaces mint once the operator has enabled it; a key that is bound to an end user stays with that one. */
function requireMinter(
  minter: ProjectPrincipal,
  { type, clientRef, limits }: MintRequest,
  supportContact: string,
): void {
  if (minter.customerType === 'enterprise' && !minter.temporaryKeysEnabled) {
    throw new AppError('forbidden', {
      detail: `temporary keys are not enabled for this workspace; contact ${supportContact}`,
    });
  }
  const asked = type === 'batch' ? clientRef : limits?.client_ref;
  if (minter.clientRef !== undefined && asked !== undefined && asked !== minter.clientRef) {
    throw new AppError('forbidden', { detail: 'this API key belongs to another client_ref' });
  }
}

function requireLimits({ type, limits = {} }: MintRequest): void {
  if (type === 'batch' && limits.client_ref !== undefined) {
    throw unprocessable('limits.client_ref in body is for type rt; with type batch use client_ref');
  }
  const fault = faultOfLimits(limits);
  if (fault !== undefined) throw unprocessable(fault);
}

function regionOf(
  minter: ProjectPrincipal,
  { type, region }: MintRequest,
  { enforceRegion, supportContact, topology }: MintRules,
): Region | undefined {
  const chosen = region ?? (enforceRegion ? defaultRegion(minter.regions) : undefined);
  if (chosen !== undefined && topology.environmentsOf(type, chosen).length === 0) {
    throw unprocessable(`region in body should not be ${chosen} when type in query is ${type}`);
  }
  if (!enforceRegion) return undefined;
  if (chosen === undefined || !minter.regions.includes(chosen)) {
    throw new AppError('forbidden', {
      detail: `this workspace is not contracted for the region ${chosen}; contact ${supportContact}`,
    });
  }
  return chosen;
}

/** The environment asked for. Where something is counted there is always one, for its counters live there. */
function environmentOf(
  { customerType }: ProjectPrincipal,
  { type, limits = {}, environment }: MintRequest,
  regions: readonly Region[],
  topology: MintRules['topology'],
): string | undefined {
  if (environment === undefined && !isCounting(limits)) return undefined;
  const admitting = regions.flatMap((region) => topology.environmentsOf(type, region, customerType));
  const chosen = environment ?? admitting[0];
  if (chosen === undefined || !admitting.includes(chosen)) {
    throw unprocessable(`limits.environment in body should be one of [${admitting.join(' ')}]`);
  }
  return chosen;
}

const unprocessable = (detail: string): AppError => new AppError('unprocessable', { detail, wireCode: 606 });
