import { choice, endpoint, type Option, OptionError, optionalText } from '../base/option.ts';

interface Declared {
  readonly env: string;
  readonly doc: string;
}

/** Of OpenTelemetry, as `name=value,name=value`; values are percent-encoded. */
function pairs(option: Declared): Option<Readonly<Record<string, string>>> {
  const parse = (value: string) => Object.fromEntries(value.split(',').map(parsePair));
  return { ...option, defaultText: undefined, defaultValue: {}, parse };
}

const PAIR = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*([\x20-\x7e]*?)\s*$/;

function parsePair(text: string): [string, string] {
  const [, name, value = ''] = PAIR.exec(text) ?? [];
  try {
    if (name !== undefined) return [name, decodeURIComponent(value)];
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  // The values may be secret, so the sentence does not repeat them.
  throw new OptionError('must be written name=value, separated by commas, with percent-encoded values');
}

function share(option: Declared & { default: number }): Option<number> {
  const parse = (value: string) => {
    const number = Number(value);
    if (/^\d*\.?\d+$/.test(value) && number <= 1) return number;
    throw new OptionError(`must be a number from 0 to 1, not "${value}"`);
  };
  return { ...option, defaultText: String(option.default), defaultValue: option.default, parse };
}

/** The standard variables of OpenTelemetry, as far as they are of use here. */
export const tracingOptions = {
  endpoint: endpoint({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    doc: 'Address of an OpenTelemetry collector that takes OTLP over HTTP, as `http://127.0.0.1:4318`; `/v1/traces` is added. With it [traces](tracing.md) are on; unset, nothing of them is even loaded.',
    example: 'https://collector.example.com:4318',
  }),
  tracesEndpoint: endpoint({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    doc: 'The same as a whole URL, to which nothing is added; wins over `OTEL_EXPORTER_OTLP_ENDPOINT`.',
    example: 'https://collector.example.com:4318',
  }),
  disabled: choice({
    env: 'OTEL_SDK_DISABLED',
    doc: '`true` turns traces off although there is an endpoint.',
    default: 'false',
    of: ['false', 'true'],
  }),
  protocol: choice({
    env: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    doc: 'How traces are written: `http/protobuf` or `http/json`. There is no gRPC.',
    default: 'http/protobuf',
    of: ['http/protobuf', 'http/json'],
  }),
  headers: pairs({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    doc: 'Headers of requests to the collector, as `name=value,name=value`, values percent-encoded: `authorization=Bearer%20...`.',
  }),
  serviceName: optionalText({
    env: 'OTEL_SERVICE_NAME',
    doc: 'What traces call this server (`service.name`). Unset: as `OTEL_RESOURCE_ATTRIBUTES` says, or `parley`.',
  }),
  resourceAttributes: pairs({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    doc: 'What else they say of it, as `deployment.environment.name=production,host.name=a1`.',
  }),
  sampler: choice({
    env: 'OTEL_TRACES_SAMPLER',
    doc: 'Which traces are kept: `always_on`, `always_off`, `traceidratio`, or, with `parentbased_` before it, as the proxy in front has decided, and by this rule where none has.',
    default: 'parentbased_always_on',
    of: [
      'always_on',
      'always_off',
      'traceidratio',
      'parentbased_always_on',
      'parentbased_always_off',
      'parentbased_traceidratio',
    ],
  }),
  samplerShare: share({
    env: 'OTEL_TRACES_SAMPLER_ARG',
    doc: 'Share of traces that `traceidratio` keeps, from 0 to 1.',
    default: 1,
  }),
};
