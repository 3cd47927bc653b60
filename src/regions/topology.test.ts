import { describe, expect, it } from 'vitest';
import { createTopology } from './topology.ts';

const topology = createTopology('example.org');
const reached = (product: 'batch' | 'rt', host: string | undefined) => {
  const { environment, admits } = topology.endpointFor(product, host);
  return { name: environment.name, region: environment.region, admits };
};

describe('endpointFor', () => {
  it.each([
    ['batch', 'asr.api.example.org', 'EU1', ['on-demand', 'enterprise']],
    ['batch', 'eu1.asr.api.example.org', 'EU1', ['enterprise']],
    ['batch', 'EU2.ASR.API.EXAMPLE.ORG:8443', 'EU2', ['enterprise']],
    ['batch', 'us.asr.api.example.org.', 'US1', ['enterprise']],
    ['batch', 'us2.asr.api.example.org', 'US2', ['enterprise']],
    ['batch', 'au1.asr.api.example.org', 'AU1', ['enterprise']],
    ['rt', 'eu2.rt.example.org', 'EU2', ['on-demand']],
    ['rt', 'neu.rt.example.org', 'EU1', ['enterprise']],
    ['rt', 'wus.rt.example.org', 'US1', ['enterprise']],
  ] as const)('%s %s leads to %s', (product, host, name, admits) => {
    expect(reached(product, host)).toMatchObject({ name, admits });
  });

  it.each(['127.0.0.1:8080', 'localhost', '[::1]:8080', 'asr.api.example.org.evil.com', '', undefined])(
    'host %s leads to the default environment of the product',
    (host) => {
      expect(reached('batch', host)).toEqual({
        name: 'EU1',
        region: 'eu',
        admits: ['on-demand', 'enterprise'],
      });
      expect(reached('rt', host)).toEqual({ name: 'EU2', region: 'eu', admits: ['on-demand', 'enterprise'] });
    },
  );
});
