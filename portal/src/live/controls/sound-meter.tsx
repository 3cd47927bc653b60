import { useEffect, useRef } from 'react';
import type { SoundGauge } from '../audio/sound-gauge.ts';
import styles from './controls.module.css';

interface SoundMeterProps {
  readonly gauge: SoundGauge;
  readonly isActive: boolean;
}

/** How much of the scale it falls from one picture to the next: slower than it rises, as meters do. */
const FALL = 0.04;

/** How loud it is now. */
export function SoundMeter({ gauge, isActive }: SoundMeterProps) {
  const meter = useRef<HTMLMeterElement>(null);
  useEffect(() => {
    const element = meter.current;
    if (!isActive || element === null) return;
    let frame = 0;
    const draw = () => {
      element.value = Math.max(gauge.level, element.value - FALL);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      element.value = 0;
    };
  }, [gauge, isActive]);
  return <meter ref={meter} className={styles.meter} aria-label="Sound level" min={0} max={1} value={0} />;
}
