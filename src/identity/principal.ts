import type { Role } from '../db/tables.ts';
import type { CustomerType, Product, Region } from '../regions/topology.ts';
import type { TokenLimits } from './temporary-keys/limits.ts';

/** Who is calling: the only thing known about the caller behind authentication. */
export type Principal = ProjectPrincipal | ManagementPrincipal | OperatorPrincipal | AccountPrincipal;

/** A caller that acts in one project, by an API key or a temporary key minted with one. */
export interface ProjectPrincipal {
  readonly kind: 'api-key' | 'temporary-key';
  readonly workspaceId: string;
  readonly projectId: number;
  /** The API key presented, or the one that minted the temporary key. */
  readonly keyId: string;
  readonly customerType: CustomerType;
  /** Regions in which the credential is valid: those contracted, or the one of the temporary key. */
  readonly regions: readonly Region[];
  readonly temporaryKeysEnabled: boolean;
  /** The end user all access is narrowed to. */
  readonly clientRef?: string;
  /** The only product a temporary key opens; an API key opens all. */
  readonly product?: Product;
  /** Id of the temporary key; what it uses is counted under this. */
  readonly tokenId?: string;
  /** Id of the signing key of the temporary key. */
  readonly signedBy?: string;
  /** When the temporary key was minted, and when it ends, in milliseconds since the epoch. */
  readonly issuedAtMs?: number;
  readonly expiresAtMs?: number;
  /** What the temporary key may do at most. */
  readonly limits?: TokenLimits;
}

/** The workspace's administration. */
export interface ManagementPrincipal {
  readonly kind: 'management-token';
  readonly tokenId: string;
  readonly workspaceId: string;
  readonly permissions: readonly Permission[];
}

/** The installation's administration. */
export interface OperatorPrincipal {
  readonly kind: 'operator-token';
  readonly tokenId: string;
}

/** A person in the portal, in one of their workspaces. No credential of the API makes one. */
export interface AccountPrincipal {
  readonly kind: 'account';
  readonly accountId: string;
  readonly workspaceId: string;
  readonly role: Role;
}

/** What a management token may be allowed to do. */
export const PERMISSIONS = [
  'projects:view',
  'projects:manage',
  'api-keys:view',
  'api-keys:create',
  'api-keys:delete',
] as const;
export type Permission = (typeof PERMISSIONS)[number];
