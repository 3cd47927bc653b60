import { describe, expect, it } from 'vitest';
import { createTopology, defaultRegion } from './topology.ts';

const topology = createTopology('example.org');
const reached = (product: 'batch' | 'rt', host: string | undefined) => {
  const { environment, admits } = topology.endpointFor(product, host);
  return { name: environment.name, region: environment.region, admits };
};

describe('endpointFor', () => {
  it.each([
    ['batch', 'asr.api.example.org', 'EU1', 'eu', ['on-demand', 'enterprise']],
    ['batch', 'eu.asr.api.example.org', 'EU1', 'eu', ['enterprise']],
    ['batch', 'eu1.asr.api.example.org', 'EU1', 'eu', ['enterprise']],
    ['batch', 'EU2.ASR.API.EXAMPLE.ORG:8443', 'EU2', 'eu', ['enterprise']],
    ['batch', 'us.asr.api.example.org.', 'US1', 'usa', ['enterprise']],
    ['batch', 'us1.asr.api.example.org', 'US1', 'usa', ['enterprise']],
    ['batch', 'us2.asr.api.example.org', 'US2', 'usa', ['enterprise']],
    ['batch', 'au1.asr.api.example.org', 'AU1', 'au', ['enterprise']],
    ['rt', 'eu2.rt.example.org', 'EU2', 'eu', ['on-demand']],
    ['rt', 'neu.rt.example.org', 'EU1', 'eu', ['enterprise']],
    ['rt', 'wus.rt.example.org', 'US1', 'usa', ['enterprise']],
  ] as const)('%s %s leads to %s', (product, host, name, region, admits) => {
    expect(reached(product, host)).toEqual({ name, region, admits });
    const inCapitals = createTopology('Example.ORG').endpointFor(product, host);
    expect(inCapitals).toEqual(topology.endpointFor(product, host));
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

describe('endpointFor with the environment of a port', () => {
  it('takes no notice of the host and admits whom the environment admits', () => {
    const at = (product: 'batch' | 'rt', environment: string) => {
      const found = topology.endpointFor(product, 'au1.asr.api.example.org', environment);
      return [found.environment.name, found.admits];
    };
    expect(at('batch', 'EU1')).toEqual(['EU1', ['on-demand', 'enterprise']]);
    expect(at('batch', 'US2')).toEqual(['US2', ['enterprise']]);
    expect(at('rt', 'EU2')).toEqual(['EU2', ['on-demand']]);
    // There is no real time in AU1.
    expect(at('rt', 'AU1')).toEqual(['EU2', ['on-demand', 'enterprise']]);
  });
});

describe('environmentsOf', () => {
  it.each([
    ['batch', 'eu', 'enterprise', ['EU1', 'EU2']],
    ['batch', 'eu', 'on-demand', ['EU1']],
    ['batch', 'usa', 'enterprise', ['US1', 'US2']],
    ['batch', 'usa', 'on-demand', []],
    ['batch', 'usa', undefined, ['US1', 'US2']],
    ['rt', 'eu', undefined, ['EU2', 'EU1']],
    ['rt', 'eu', 'enterprise', ['EU1']],
    ['rt', 'au', undefined, []],
    ['rt', 'mars', undefined, []],
  ] as const)('%s %s %s', (product, region, customerType, names) => {
    expect(topology.environmentsOf(product, region, customerType)).toEqual(names);
  });
});

it('has the three regions and their environments', () => {
  expect(topology.regions).toEqual(['eu', 'usa', 'au']);
  expect([...topology.environmentNames]).toEqual(['EU1', 'EU2', 'US1', 'US2', 'AU1']);
});

it('means eu when no region is named, else the first', () => {
  expect(defaultRegion(['usa', 'eu'])).toBe('eu');
  expect(defaultRegion(['usa', 'au'])).toBe('usa');
  expect(defaultRegion([])).toBeUndefined();
});

describe('where only some environments are served', () => {
  const eu2 = topology.servingOnly(['EU2']);

  it('others are known, and not served', () => {
    expect([eu2.serves('EU2'), eu2.serves('EU1'), topology.serves('EU1')]).toEqual([true, false, true]);
    expect(eu2.endpointFor('batch', 'au1.asr.api.example.org').environment.name).toBe('AU1');
    expect(eu2.environmentsOf('batch')).toEqual(topology.environmentsOf('batch'));
  });

  it('a host that is not of the topology leads to one of them', () => {
    expect(eu2.endpointFor('batch', '127.0.0.1:8080').environment.name).toBe('EU2');
    expect(topology.servingOnly(['US2']).endpointFor('batch', undefined).environment.name).toBe('US2');
    // There is no real time in US2.
    expect(topology.servingOnly(['US2']).endpointFor('rt', undefined).environment.name).toBe('EU2');
  });
});
