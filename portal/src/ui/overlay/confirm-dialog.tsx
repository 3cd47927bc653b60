import { type ReactNode, useId, useRef, useState } from 'react';
import { Button } from '../button/button.tsx';
import { Notice } from '../feedback/notice.tsx';
import { Field } from '../field/field.tsx';
import { TextInput } from '../field/text-input.tsx';
import { Dialog } from './dialog.tsx';
import styles from './overlay.module.css';

interface ConfirmDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** What will happen, and whether it can be undone. */
  readonly children: ReactNode;
  /** What the button does: "Delete project". */
  readonly confirmLabel: string;
  readonly onConfirm: () => void;
  readonly isBusy?: boolean;
  readonly isDanger?: boolean;
  /** A text to be typed before the button works. */
  readonly confirmText?: string;
  /** Why it failed. */
  readonly error?: string | undefined;
}

/** Asks before something that cannot be undone. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, onClose, title, confirmLabel, isBusy = false, isDanger = true } = props;
  const cancel = useRef<HTMLButtonElement>(null);
  const form = useId();
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={title}
      size="small"
      {...(props.confirmText === undefined ? { initialFocus: cancel } : {})}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" form={form} variant={isDanger ? 'danger' : 'primary'} isBusy={isBusy}>
            {confirmLabel}
          </Button>
        </>
      }
    >
      <ConfirmForm id={form} {...props} />
    </Dialog>
  );
}

function ConfirmForm(props: ConfirmDialogProps & { readonly id: string }) {
  const { id, confirmText, onConfirm, isBusy = false, error, children } = props;
  const [typed, setTyped] = useState('');
  const [hasTried, setHasTried] = useState(false);
  const isConfirmed = confirmText === undefined || typed.trim() === confirmText;
  return (
    <form
      id={id}
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setHasTried(true);
        if (!isConfirmed) event.currentTarget.querySelector('input')?.focus();
        else if (!isBusy) onConfirm();
      }}
    >
      <div>{children}</div>
      {confirmText === undefined ? null : (
        <Field
          label={`Type ${confirmText} to confirm`}
          error={hasTried && !isConfirmed ? `Type ${confirmText} exactly as written.` : undefined}
        >
          <TextInput value={typed} onValueChange={setTyped} autoComplete="off" spellCheck={false} />
        </Field>
      )}
      {error === undefined ? null : (
        <Notice tone="danger" isLive>
          {error}
        </Notice>
      )}
    </form>
  );
}
