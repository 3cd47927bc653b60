import { optionalRate, rate } from '../base/option.ts';

export const apiOptions = {
  submitRate: rate({
    env: 'PARLEY_RATE_SUBMIT',
    doc: 'Jobs one key may submit, as RATE/BURST: per second, and at once.',
    default: '10/50',
  }),
  readRate: rate({
    env: 'PARLEY_RATE_READ',
    doc: 'Other requests to the Jobs API one key may make, as RATE/BURST.',
    default: '50/200',
  }),
  clientSubmitRate: optionalRate({
    env: 'PARLEY_RATE_SUBMIT_PER_CLIENT',
    doc: 'Jobs one `client_ref` of a project may submit, with whichever keys; the rate of the key holds besides. Unset: as `PARLEY_RATE_SUBMIT`.',
  }),
  clientReadRate: optionalRate({
    env: 'PARLEY_RATE_READ_PER_CLIENT',
    doc: 'Other requests to the Jobs API one `client_ref` may make, likewise. Unset: as `PARLEY_RATE_READ`.',
  }),
  badCredentialRate: rate({
    env: 'PARLEY_RATE_BAD_CREDENTIALS',
    doc: 'Requests without a good credential that one address may make before it is told to wait (429 instead of 401), as RATE/BURST. Good credentials from the same address are not affected.',
    default: '100/200',
  }),
  signInRate: rate({
    env: 'PARLEY_RATE_SIGN_IN',
    doc: 'Attempts to sign in to the portal, or to make an account, that one address may make, as RATE/BURST.',
    default: '1/30',
  }),
  mintRate: rate({
    env: 'PARLEY_RATE_MINT',
    doc: 'Temporary keys one key may mint, as RATE/BURST.',
    default: '100/200',
  }),
};
