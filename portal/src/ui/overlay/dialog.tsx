import { Dialog as Base } from '@base-ui/react/dialog';
import { type ReactNode, type RefObject, useRef } from 'react';
import { IconButton } from '../button/icon-button.tsx';
import { CloseIcon } from '../icons/icons.tsx';
import styles from './overlay.module.css';

export interface DialogProps {
  readonly isOpen: boolean;
  /** Absent for a dialog that can only be left by doing what it asks. */
  readonly onClose?: (() => void) | undefined;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  readonly size?: 'small' | 'medium' | 'large';
  /** The buttons at the foot; the main one last. */
  readonly footer?: ReactNode;
  /** What has the focus first; the first control when absent. */
  readonly initialFocus?: RefObject<HTMLElement | null>;
  readonly children?: ReactNode;
}

/**
 * A modal dialog. A press beside it does not close it, so that nothing typed is lost by a slip.
 * What is inside leaves the page when it closes.
 */
export function Dialog(props: DialogProps) {
  const { isOpen, onClose, title, description, size = 'medium', footer, initialFocus, children } = props;
  const popup = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const firstControl = () =>
    body.current?.querySelector<HTMLElement>('input, select, textarea, button') ?? popup.current;
  const close = (isStillOpen: boolean) => {
    // Escape belongs to the dialog that has the focus, not to one that lies under it.
    const isOurs = popup.current?.contains(document.activeElement) ?? false;
    if (!isStillOpen && isOurs) onClose?.();
  };
  return (
    <Base.Root open={isOpen} onOpenChange={close} disablePointerDismissal>
      <Base.Portal>
        <Base.Backdrop className={styles.shade} />
        <Base.Viewport className={styles.viewport}>
          <Base.Popup
            ref={popup}
            className={styles.dialog}
            data-size={size}
            initialFocus={initialFocus ?? firstControl}
          >
            <div className={styles.dialogHead}>
              <Base.Title className={styles.dialogTitle}>{title}</Base.Title>
              {onClose === undefined ? null : (
                <IconButton label="Close" icon={<CloseIcon />} size="small" onClick={onClose} />
              )}
            </div>
            <div ref={body} className={styles.dialogBody}>
              {description === undefined ? null : (
                <Base.Description render={<div />} className={styles.dialogDescription}>
                  {description}
                </Base.Description>
              )}
              {children}
            </div>
            {footer === undefined ? null : <div className={styles.dialogFoot}>{footer}</div>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
