import { useEffect, useRef } from 'react';

/** Calls the latest `action` again and again, however often the component is drawn; never without a period. */
export function useInterval(action: () => void, milliseconds: number | undefined): void {
  const latest = useRef(action);
  useEffect(() => {
    latest.current = action;
  });
  useEffect(() => {
    if (milliseconds === undefined) return;
    const timer = setInterval(() => latest.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}
