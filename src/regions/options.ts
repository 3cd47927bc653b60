import { file, type Option, OptionError } from '../base/option.ts';
import { isHostName } from './tables.ts';

/** Port → environment name; whether there is one of that name, the topology says. */
export type EnvironmentPorts = ReadonlyMap<number, string>;

function parsePorts(value: string): EnvironmentPorts {
  const ports = new Map<number, string>();
  for (const entry of value.split(',')) {
    const [, name, port] = /^([a-z]+\d+)=(\d{1,5})$/i.exec(entry.trim()) ?? [];
    const number = Number(port);
    if (name === undefined || !(number > 0 && number < 65_536) || ports.has(number)) {
      throw new OptionError(`must look like eu1=8081,eu2=8082, each port once, not "${value}"`);
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

const domain: Option<string> = {
  env: 'PARLEY_DOMAIN',
  doc: 'Domain of the endpoints: `eu1.asr.api.<domain>`, `eu2.rt.<domain>`, `mp.<domain>`.',
  defaultText: 'localhost',
  defaultValue: 'localhost',
  parse(value) {
    if (!isHostName(value)) throw new OptionError(`must be a host name like example.org, not "${value}"`);
    return value;
  },
};

export const regionOptions = {
  domain,
  topologyFile: file({
    env: 'PARLEY_TOPOLOGY_FILE',
    doc: 'File with other environments, regions and host names than the default ones, JSON; see [regions](regions.md).',
  }),
  environmentPorts,
};
