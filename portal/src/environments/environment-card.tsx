import type { ReactNode } from 'react';
import { useSignedIn } from '../shell/session/signed-in.tsx';
import { CopyButton } from '../ui/button/copy-button.tsx';
import { Badge, StatusBadge } from '../ui/data/badge.tsx';
import { Skeleton } from '../ui/feedback/skeleton.tsx';
import { Card } from '../ui/layout/card.tsx';
import styles from './environments.module.css';
import { type Environment, isCutOff } from './environments-query.ts';
import { NodeTable } from './node-table.tsx';
import { ReplicationDetails } from './replication-details.tsx';

const PRODUCTS = { batch: 'Batch', rt: 'Real-time' };

function kindOf({ products, region }: Environment): string {
  const words =
    products.length > 1 ? 'Batch and real-time' : products.map((product) => PRODUCTS[product]).join('');
  return `${words} in the region ${region}`;
}

interface EnvironmentCardProps {
  readonly environment: Environment;
  /** The number of the last change of keys. */
  readonly version: number;
}

/** One environment: its state, where it is reached, what runs there, and on which nodes. */
export function EnvironmentCard({ environment, version }: EnvironmentCardProps) {
  const { environment: name, hosts, nodes, replication, work } = environment;
  const { endpoints } = useSignedIn();
  // The host of one product leads nowhere for the other.
  const productOf = (host: string) => endpoints.find((endpoint) => endpoint.host === host)?.product;
  return (
    <Card
      title={name}
      description={kindOf(environment)}
      actions={<State environment={environment} />}
      isFlush
    >
      <div className={styles.body}>
        <section aria-label={`Hosts of ${name}`}>
          <h3 className={styles.heading}>Hosts</h3>
          <ul className={styles.hosts}>
            {hosts.map((host) => (
              <li key={host}>
                <code>{host}</code>
                <ProductBadge product={productOf(host)} />
                <CopyButton text={host} label={`Copy ${host}`} variant="quiet" isCompact />
              </li>
            ))}
          </ul>
        </section>
        {work === null ? null : (
          <Work
            environment={name}
            sessions={whole.format(work.sessions)}
            runningJobs={whole.format(work.running_jobs)}
            waitingJobs={whole.format(work.waiting_jobs)}
          />
        )}
        {replication === null ? null : <ReplicationDetails environment={name} replication={replication} />}
      </div>
      <NodeTable environment={name} nodes={nodes} version={version} />
    </Card>
  );
}

function State({ environment }: { readonly environment: Environment }) {
  if (isCutOff(environment)) return <StatusBadge tone="warning">Cut off</StatusBadge>;
  return environment.is_up ? (
    <StatusBadge tone="success">Up</StatusBadge>
  ) : (
    <StatusBadge tone="danger">Down</StatusBadge>
  );
}

function ProductBadge({ product }: { readonly product: keyof typeof PRODUCTS | undefined }) {
  return product === undefined ? null : <Badge>{PRODUCTS[product]}</Badge>;
}

const whole = new Intl.NumberFormat('en');

interface WorkProps {
  readonly environment: string;
  readonly sessions: ReactNode;
  readonly runningJobs: ReactNode;
  readonly waitingJobs: ReactNode;
}

/** What the workspace has under way. */
function Work({ environment, sessions, runningJobs, waitingJobs }: WorkProps) {
  return (
    <section aria-label={`This workspace in ${environment}`}>
      <h3 className={styles.heading}>This workspace, now</h3>
      <dl className={styles.work}>
        <div>
          <dt>Open sessions</dt>
          <dd>{sessions}</dd>
        </div>
        <div>
          <dt>Running jobs</dt>
          <dd>{runningJobs}</dd>
        </div>
        <div>
          <dt>Waiting jobs</dt>
          <dd>{waitingJobs}</dd>
        </div>
      </dl>
    </section>
  );
}

const UNKNOWN = <Skeleton width={32} />;

/** A card of the size of what comes; most environments have one node. */
export function EnvironmentCardSkeleton({ name, hosts }: { readonly name: string; readonly hosts: number }) {
  return (
    <Card title={name} description={<Skeleton width={80} />} actions={<Skeleton width={120} />} isFlush>
      <div className={styles.body}>
        <section aria-label={`Hosts of ${name}`}>
          <h3 className={styles.heading}>Hosts</h3>
          <ul className={styles.hosts}>
            {Array.from({ length: hosts }, (_, index) => (
              <li key={String(index)}>
                <Skeleton width={180} />
              </li>
            ))}
          </ul>
        </section>
        <Work environment={name} sessions={UNKNOWN} runningJobs={UNKNOWN} waitingJobs={UNKNOWN} />
      </div>
      <NodeTable environment={name} nodes={undefined} version={0} />
    </Card>
  );
}
