import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import styles from './overlay.module.css';

interface TooltipProps {
  readonly text: string;
  /** The control it explains; it has its own name as well. */
  readonly children: ReactElement<Record<string, unknown>>;
}

/** A few words on hover and focus. Nothing may be said by a tooltip alone. */
export function Tooltip({ text, children }: TooltipProps) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className={styles.positioner}>
          <Base.Popup className={styles.tooltip} aria-hidden>
            {text}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
