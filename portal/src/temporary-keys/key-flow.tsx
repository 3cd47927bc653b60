import styles from './key-flow.module.css';

/** How a temporary key comes to a browser, as a picture. */
export function KeyFlow() {
  return (
    <div
      className={styles.flow}
      role="img"
      aria-label="Your server sends the API key to Parley and gets a temporary key. It hands that to the browser, which sends its audio straight to Parley."
    >
      <div className={styles.party}>Browser</div>
      <div className={styles.party}>Your server</div>
      <div className={styles.party}>Parley</div>
      <Arrow from={2} to={3} label="API key" />
      <Arrow from={3} to={2} label="temporary key" />
      <Arrow from={2} to={1} label="temporary key" />
      <Arrow from={1} to={3} label="audio, with the temporary key" />
    </div>
  );
}

interface ArrowProps {
  /** Columns, from 1. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

function Arrow({ from, to, label }: ArrowProps) {
  const [first, last] = from < to ? [from, to] : [to, from];
  // From the middle of a column to the middle of another: each column is two tracks.
  const place = { gridColumn: `${first * 2} / ${last * 2}` };
  return (
    <div className={styles.arrow} data-direction={from < to ? 'right' : 'left'} style={place}>
      {label}
    </div>
  );
}
