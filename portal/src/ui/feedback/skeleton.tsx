import styles from './feedback.module.css';

interface SkeletonProps {
  readonly width?: number | string;
  readonly height?: number | string;
}

/** A grey block of the size of what is to come. */
export function Skeleton({ width = '100%', height = '1em' }: SkeletonProps) {
  return <span className={styles.skeleton} style={{ width, height }} aria-hidden="true" />;
}

/** Lines of a text that is being fetched. */
export function SkeletonLines({ lines = 3 }: { readonly lines?: number }) {
  return (
    <span className={styles.lines} aria-hidden="true">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={String(index)} width={index === lines - 1 ? '60%' : '100%'} />
      ))}
    </span>
  );
}
