import { integer, type Option, text } from '../base/option.ts';

/** Unset: there is no such listener. */
function optionalPort(option: { env: string; doc: string }): Option<number | undefined> {
  const port = integer({ ...option, default: 0, min: 1, max: 65_535 });
  return { ...port, defaultText: undefined, defaultValue: undefined };
}

export const metricsOptions = {
  port: optionalPort({
    env: 'PARLEY_METRICS_PORT',
    doc: 'Port of a listener that answers `GET /metrics` without a token, and nothing else. Unset: there is none, and `/metrics` of the ordinary port wants an operator token.',
  }),
  host: text({
    env: 'PARLEY_METRICS_HOST',
    doc: 'Address of the listener of PARLEY_METRICS_PORT. Whoever reaches it reads the figures, in the clear.',
    default: '127.0.0.1',
  }),
};
