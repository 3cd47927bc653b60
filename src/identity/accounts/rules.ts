/** Characters a password has. */
export const PASSWORD_LENGTH = { min: 8, max: 128 } as const;

/** The cookie goes to the portal's own API and nowhere else: the Batch and the Real-Time API never see it. */
export const COOKIE_PATH = '/portal/api';

/** The address of a browser as we have judged it; what the browser itself says of it is not passed on. */
export const ADDRESS_HEADER = 'x-client-address';
