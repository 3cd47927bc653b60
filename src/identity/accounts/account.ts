/** A person who signs in. */
export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly email: string;
}
