const NAME = 'parley.invitation';

/** Keeps an invitation in this tab while its holder signs in with a provider, whose page the tab shows meanwhile. */
export const keepInvitation = (secret: string): void => sessionStorage.setItem(NAME, secret);

/** The invitation that was kept, once; empty when there is none. */
export function takeInvitation(): string {
  const secret = sessionStorage.getItem(NAME) ?? '';
  sessionStorage.removeItem(NAME);
  return secret;
}
