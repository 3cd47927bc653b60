import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.ts';

describe('loadConfig', () => {
  it('needs nothing', () => {
    const config = loadConfig({});
    expect(config.http).toMatchObject({ port: 8_080, host: '127.0.0.1' });
    expect(config.app.dataDir).toBe('./data');
    expect(config.api.submitRate).toEqual({ perSecond: 10, burst: 50 });
  });

  it('reads what is set and takes an empty value for unset', () => {
    const config = loadConfig({
      PARLEY_PORT: '9',
      PARLEY_HOST: '',
      PARLEY_RATE_SUBMIT: '1/2',
      PARLEY_ENVIRONMENT_PORTS: 'eu1=8081, EU2=8082',
      PARLEY_TRUSTED_PROXIES: '10.0.0.1, 10.1.0.0/16',
    });
    expect(config.http).toMatchObject({
      port: 9,
      host: '127.0.0.1',
      trustedProxies: ['10.0.0.1', '10.1.0.0/16'],
    });
    expect(config.api.submitRate).toEqual({ perSecond: 1, burst: 2 });
    expect([...config.regions.environmentPorts]).toEqual([
      [8_081, 'EU1'],
      [8_082, 'EU2'],
    ]);
  });

  it('lets settings of the commands for users be, and does not keep their key', () => {
    const config = loadConfig({ PARLEY_URL: 'https://a.example', PARLEY_API_KEY: 'ply_secret' });
    expect(JSON.stringify(config)).not.toContain('secret');
  });

  it.each([
    [{ PARLEY_PORT: '80a' }, 'PARLEY_PORT must be a whole number'],
    [{ PARLEY_PORT: '70000' }, 'PARLEY_PORT must be a whole number'],
    [{ PARLEY_ENGINE: 'whisper' }, 'PARLEY_ENGINE must be one of'],
    [{ PARLEY_ALLOW_PLAINTEXT: 'yes' }, 'PARLEY_ALLOW_PLAINTEXT must be 0 or 1'],
    [{ PARLEY_TRUSTED_PROXIES: 'everybody' }, 'PARLEY_TRUSTED_PROXIES must list addresses'],
    [{ PARLEY_TRUSTED_PROXIES: '10.0.0.0/33' }, 'PARLEY_TRUSTED_PROXIES must list addresses'],
    [{ PARLEY_RATE_MINT: '0/0' }, 'PARLEY_RATE_MINT must be written'],
    [{ PARLEY_ENVIRONMENT_PORTS: 'mars=1' }, 'PARLEY_ENVIRONMENT_PORTS must look like'],
    [{ PARLEY_ENVIRONMENT_PORTS: 'eu1=1,eu2=1' }, 'PARLEY_ENVIRONMENT_PORTS must look like'],
    [{ PARLEY_TOPOLOGY_FILE: '/no/such/file' }, 'PARLEY_TOPOLOGY_FILE must name a file'],
    [{ PARLEY_DOMAIN: 'https://example.org' }, 'PARLEY_DOMAIN must be a host name'],
    [{ PARLEY_PROT: '1' }, 'PARLEY_PROT is not a setting'],
    [{ PARLEY_TLS_CERT: fileURLToPath(import.meta.url) }, 'must be set together'],
    [{ PARLEY_TLS_CERT: '/no/such/file' }, 'PARLEY_TLS_CERT must name a file'],
    [{ PARLEY_DATABASE_URL: 'mysql://x' }, 'PARLEY_DATABASE_URL must look like'],
    [{ PARLEY_S3_BUCKET: 'my bucket' }, 'PARLEY_S3_BUCKET must be the name of a bucket'],
    [{ PARLEY_S3_ENDPOINT: 'storage.example.com' }, 'PARLEY_S3_ENDPOINT must look like https://'],
    [{ PARLEY_S3_ENDPOINT: 'https://me:secret@storage' }, 'PARLEY_S3_ENDPOINT must look like https://'],
    [{ PARLEY_S3_PREFIX: '/parley/' }, 'PARLEY_S3_PREFIX must look like parley'],
    [{ PARLEY_S3_PREFIX: 'p'.repeat(200).concat('/p') }, 'PARLEY_S3_PREFIX must look like parley'],
    [{ PARLEY_HOST: '0.0.0.0' }, 'PARLEY_HOST 0.0.0.0 is reachable from outside'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must look like https://',
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://me:secret@a' },
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must look like https://collector.example.com:4318, without credentials',
    ],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/protobuf'],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'secret' }, /^OTEL_EXPORTER_OTLP_HEADERS must be (?!.*secret)/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%zzsecret' }, /^OTEL_EXPORTER_OTLP_HEADERS must be (?!.*secret)/],
    [{ OTEL_RESOURCE_ATTRIBUTES: 'a=b,c' }, 'OTEL_RESOURCE_ATTRIBUTES must be written name=value'],
    [{ OTEL_SDK_DISABLED: '1' }, 'OTEL_SDK_DISABLED must be one of false, true'],
    [{ OTEL_TRACES_SAMPLER: 'some' }, 'OTEL_TRACES_SAMPLER must be one of always_on'],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1'],
    [{ OTEL_TRACES_SAMPLER_ARG: '5%' }, 'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1'],
  ])('stops at %j', (environment, sentence) => {
    expect(() => loadConfig(environment)).toThrow(sentence);
  });

  it('reads pairs as OpenTelemetry writes them', () => {
    const { tracing } = loadConfig({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20YTpi=, x-scope = a%2Cb',
      OTEL_TRACES_SAMPLER_ARG: '.25',
    });
    expect(tracing.headers).toEqual({ authorization: 'Basic YTpi=', 'x-scope': 'a,b' });
    expect(tracing.samplerShare).toBe(0.25);
  });

  it('listens outside with TLS, or when told that something else ends it', () => {
    expect(loadConfig({ PARLEY_HOST: '0.0.0.0', PARLEY_ALLOW_PLAINTEXT: '1' }).http.host).toBe('0.0.0.0');
    const here = fileURLToPath(import.meta.url);
    const tls = { PARLEY_HOST: '::', PARLEY_TLS_CERT: here, PARLEY_TLS_KEY: here };
    expect(loadConfig(tls).http.host).toBe('::');
  });
});
