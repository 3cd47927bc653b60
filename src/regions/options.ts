import { type Option, OptionError, text } from '../base/option.ts';
import { createTopology } from './topology.ts';

/** Port → environment name. */
export type EnvironmentPorts = ReadonlyMap<number, string>;

const NAMES = createTopology('').environmentNames;

function parsePorts(value: string): EnvironmentPorts {
  const ports = new Map<number, string>();
  for (const entry of value.split(',')) {
    const [, name = '', port] = /^([a-z]+\d+)=(\d{1,5})$/i.exec(entry.trim()) ?? [];
    const number = Number(port);
    if (!NAMES.has(name.toUpperCase()) || !(number > 0 && number < 65_536) || ports.has(number)) {
      throw new OptionError(
        `must look like eu1=8081,eu2=8082 with environments of the topology, not "${value}"`,
      );
    }
    ports.set(number, name.toUpperCase());
  }
  return ports;
}

const environmentPorts: Option<EnvironmentPorts> = {
  env: 'PARLEY_ENVIRONMENT_PORTS',
  doc: 'Further ports, each leading to one environment whatever the host name: `eu1=8081,eu2=8082`.',
  defaultText: undefined,
  defaultValue: new Map(),
  parse: parsePorts,
};

export const regionOptions = {
  domain: text({
    env: 'PARLEY_DOMAIN',
    doc: 'Domain of the endpoints: `eu1.asr.api.<domain>`, `eu2.rt.<domain>`, `mp.<domain>`.',
    default: 'localhost',
  }),
  environmentPorts,
};
