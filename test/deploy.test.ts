import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
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
    readonly template?: { readonly metadata: { readonly labels: Labels } };
    readonly rules?: readonly { readonly http: { readonly paths: readonly IngressPath[] } }[];
  };
}
type Labels = Readonly<Record<string, unknown>>;
type IngressPath = { readonly backend: { readonly service: { readonly name: string } } };
type Model = new (resource: Resource) => { validate(): void };

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
