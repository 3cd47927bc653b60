/** An OpenID Connect provider with which people sign in. */
export interface Provider {
  /** Its issuer, below which `.well-known/openid-configuration` is. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Whether somebody who comes for the first time gets an account. */
  readonly mayRegister: boolean;
}

/** Names the provider in stored credentials and in the path it sends browsers back to. */
export const PROVIDER_ID = 'oidc';
