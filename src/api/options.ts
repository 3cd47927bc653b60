import { rate } from '../base/option.ts';

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
  mintRate: rate({
    env: 'PARLEY_RATE_MINT',
    doc: 'Temporary keys one key may mint, as RATE/BURST.',
    default: '100/200',
  }),
};
