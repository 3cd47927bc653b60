import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import * as apps from 'kubernetes-models/apps/v1';
import * as networking from 'kubernetes-models/networking.k8s.io/v1';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { OPTIONS } from '../src/config/options.ts';

const ROOT = fileURLToPath(new URL('../deploy', import.meta.url));
const files = readdirSync(ROOT, { recursive: true })
  .map(String)
  .filter((file) => statSync(path.join(ROOT, file)).isFile());
const textOf = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Labels } | Labels;
    readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly rules?: readonly { readonly http: { readonly paths: readonly IngressPath[] } }[];
  };
}
interface PodSpec {
  readonly enableServiceLinks?: boolean;
  readonly containers: readonly {
    readonly env: readonly { readonly name: string; readonly value: string }[];
    readonly envFrom: readonly { readonly secretRef?: { readonly name: string } }[];
    readonly resources: { readonly limits: { readonly memory: string } };
  }[];
  readonly volumes: readonly { readonly secret?: { readonly secretName: string } }[];
}
type Labels = Readonly<Record<string, unknown>>;
type IngressPath = { readonly backend: { readonly service: { readonly name: string } } };
type Model = new (resource: Resource) => { validate(): void };

interface Compose {
  readonly 'x-settings': { readonly PARLEY_TRUSTED_PROXIES: string };
  readonly services: {
    readonly nginx: { readonly networks: { readonly default: { ipv4_address: string } } };
  };
  readonly networks: {
    readonly default: { readonly ipam: { readonly config: readonly [{ subnet: string; ip_range: string }] } };
  };
}

/** With what a long recording or session adds (`bench/README.md`). */
const SERVER_MB = 550;
const ENGINE_PROCESS_MB = 600;

const inDeploy = (file: string) => `deploy/${file}`;

/** The YAML documents of a file. Throws where it is no YAML. */
function documentsOf(file: string): unknown[] {
  return parseAllDocuments(textOf(file), { merge: true }).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS();
  });
}

const KINDS: Readonly<Record<string, object>> = {
  v1: core,
  'apps/v1': apps,
  'networking.k8s.io/v1': networking,
  'policy/v1': policy,
};

/** Checks a resource against the schema of its kind. Throws for a kind or member that Kubernetes does not have. */
function validate(resource: Resource): void {
  const { apiVersion, kind } = resource;
  const Kind = (KINDS[apiVersion] as Record<string, Model> | undefined)?.[kind];
  if (Kind === undefined) throw new Error(`${apiVersion} has no ${kind}`);
  new Kind(resource).validate();
}

describe('what is shipped for deployment', () => {
  it('names only settings that there are', () => {
    const known = Object.values(OPTIONS).flatMap((part) => Object.values(part).map(({ env }) => env));
    const named = files.flatMap((file) => textOf(file).match(/\bPARLEY_[A-Z0-9_]+/g) ?? []);
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });

  it('is sound YAML', () => {
    const services = (documentsOf('compose.yaml') as [{ services: Record<string, { image?: string }> }])[0];
    expect(Object.keys(services.services)).toEqual(
      expect.arrayContaining(['control', 'api', 'realtime', 'worker', 'nginx', 'postgres', 's3']),
    );
  });

  it('keeps the secrets that are made beside the compose file out of images and commits', () => {
    const secrets = ['pepper', '.env', 'tls.key', 'tls.crt'];
    const compose = textOf('compose.yaml');
    for (const secret of secrets) expect(compose).toContain(secret);
    const linesOf = (file: string) => textOf(file).split('\n');
    expect(linesOf('Dockerfile.dockerignore')).toEqual(expect.arrayContaining(secrets.map(inDeploy)));
    expect(linesOf('../.gitignore')).toEqual(
      expect.arrayContaining(secrets.map((secret) => `/${inDeploy(secret)}`)),
    );
  });

  it('gives the proxy of the compose file an address that no other container gets', () => {
    const [{ services, networks, 'x-settings': settings }] = documentsOf('compose.yaml') as [Compose];
    const { ipv4_address: address } = services.nginx.networks.default;
    const { subnet, ip_range: range } = networks.default.ipam.config[0];
    const isIn = (cidr: string) => ipaddr.parse(address).match(ipaddr.parseCIDR(cidr));
    expect([isIn(subnet), isIn(range)]).toEqual([true, false]);
    expect(settings.PARLEY_TRUSTED_PROXIES).toBe(address);
  });

  it('lets the systemd unit write where the embedded database keeps its template, and end on a bad setting', () => {
    const unit = textOf('systemd/parley.service').split('\n');
    expect(unit).toContain('ProtectSystem=strict');
    expect(unit).toContain('ReadWritePaths=-/opt/parley/.cache');
    expect(unit).toContain('RestartPreventExitStatus=78');
  });
});

describe('the Kubernetes resources', () => {
  const resources = documentsOf('kubernetes/parley.yaml') as Resource[];
  const ofKind = (kind: string) => resources.filter((resource) => resource.kind === kind);
  const podLabels = ofKind('Deployment').map(({ spec }) => spec?.template?.metadata.labels ?? {});

  it.each(resources.map((resource) => [`${resource.kind} ${resource.metadata.name}`, resource] as const))(
    '%s keeps to its schema',
    (_, resource) => {
      expect(() => validate(resource)).not.toThrow();
    },
  );

  it('of a kind or with a member that is not there are found', () => {
    const [deployment] = ofKind('Deployment');
    if (!deployment) throw new Error('no Deployment');
    expect(() => validate({ ...deployment, kind: 'Deploiment' })).toThrow('has no Deploiment');
    expect(() => validate({ ...deployment, spec: { template: {} } as never })).toThrow();
  });

  const pods = ofKind('Deployment').flatMap(({ metadata, spec }) =>
    spec?.template ? [{ name: metadata.name, pod: spec.template.spec }] : [],
  );

  it.each(pods)(
    '$name gets no variables of its services, which would be settings that there are not',
    ({ pod }) => {
      expect(pod.enableServiceLinks).toBe(false);
    },
  );

  it.each(pods)('$name has the pepper in a file alone', ({ pod }) => {
    const mounted = pod.volumes.flatMap(({ secret }) => secret?.secretName ?? []);
    const imported = pod.containers.flatMap(({ envFrom }) => envFrom.map(({ secretRef }) => secretRef?.name));
    expect(mounted).toHaveLength(1);
    expect(imported).not.toContain(mounted[0]);
  });

  it.each([
    ['parley-worker', 'PARLEY_ENGINE_PROCESSES'],
    ['parley-realtime', 'PARLEY_LIVE_ENGINE_PROCESSES'],
  ])('%s has memory for its engine processes', (name, option) => {
    const [container] = pods.find((pod) => pod.name === name)?.pod.containers ?? [];
    const processes = Number(container?.env.find((variable) => variable.name === option)?.value);
    const limitMb = Number(container?.resources.limits.memory.replace('Gi', '')) * 1_073;
    expect(SERVER_MB + processes * ENGINE_PROCESS_MB).toBeLessThan(limitMb);
  });

  it('select pods that are there, and lead to services that are there', () => {
    const selectors = [...ofKind('Service'), ...ofKind('PodDisruptionBudget'), ...ofKind('Deployment')].map(
      ({ spec }) => (spec?.selector?.matchLabels ?? spec?.selector) as Labels,
    );
    for (const selector of selectors) expect(podLabels).toContainEqual(expect.objectContaining(selector));
    const services = ofKind('Service').map(({ metadata }) => metadata.name);
    const paths = ofKind('Ingress').flatMap(
      ({ spec }) => spec?.rules?.flatMap(({ http }) => http.paths) ?? [],
    );
    expect(paths.length).toBeGreaterThan(0);
    for (const { backend } of paths) expect(services).toContain(backend.service.name);
  });
});
