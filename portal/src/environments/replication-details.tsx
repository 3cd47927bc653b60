import styles from './environments.module.css';
import type { Environment } from './environments-query.ts';

interface ReplicationDetailsProps {
  readonly environment: string;
  readonly replication: NonNullable<Environment['replication']>;
}

const seconds = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en');

/** How an environment with a database of its own follows the control plane. */
export function ReplicationDetails({ environment, replication }: ReplicationDetailsProps) {
  const { lag_seconds: lag, changes_behind: behind, has_missed_changes: hasMissed } = replication;
  return (
    <section aria-label={`Replication to ${environment}`}>
      <h3 className={styles.heading}>Keys, from the control plane</h3>
      <dl className={styles.work}>
        <div>
          <dt>Last heard of</dt>
          <dd>{lag === null ? 'Never' : `${seconds.format(lag)} s ago`}</dd>
        </div>
        <div>
          <dt>Changes behind</dt>
          <dd>{behind === null ? 'Unknown' : whole.format(behind)}</dd>
        </div>
      </dl>
      {hasMissed ? (
        <p className={styles.missed}>
          Changes were lost on their way. The operator has to run{' '}
          <code>parley environments init {environment}</code>.
        </p>
      ) : null}
    </section>
  );
}
