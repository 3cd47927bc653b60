import type { ReactNode } from 'react';
import { ApiKeyCode } from '../samples/api-key-code.tsx';
import { Button } from '../ui/button/button.tsx';
import { SecretValue } from '../ui/code/secret-value.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import styles from './api-keys.module.css';

interface NewKeyProps {
  readonly title: string;
  readonly value: string;
  readonly onClose: () => void;
  /** What else is to be known of it. */
  readonly children?: ReactNode;
}

/** The value of a new key. It can only be left by saying that it is stored: it is not shown again. */
export function NewKey({ title, value, onClose, children }: NewKeyProps) {
  return (
    <Dialog
      isOpen
      title={title}
      size="large"
      footer={
        // The second press of a double click on "Create" may land here, before anybody saw the key.
        <Button variant="primary" onClick={({ detail }) => detail < 2 && onClose()}>
          I have stored the key
        </Button>
      }
    >
      <SecretValue
        label="API key"
        value={value}
        warning="Store the key now, in a place for secrets. It is shown this once: Parley keeps only a digest of it."
      />
      {children}
      <section className={styles.code} aria-label="Code with this key">
        <h3>Try it</h3>
        <ApiKeyCode apiKey={value} />
      </section>
    </Dialog>
  );
}
