import { CopyButton } from '../button/copy-button.tsx';
import { Notice } from '../feedback/notice.tsx';
import styles from './code.module.css';

interface SecretValueProps {
  /** What it is: "API key". */
  readonly label: string;
  readonly value: string;
  /** Why it must be kept now. */
  readonly warning?: string;
  readonly onCopied?: () => void;
}

/** A secret that is shown once. It lives as long as the component does, and nowhere else. */
export function SecretValue({ label, value, warning, onCopied }: SecretValueProps) {
  return (
    <div className={styles.secret}>
      {warning === undefined ? null : <Notice tone="warning">{warning}</Notice>}
      <div className={styles.secretRow}>
        <input
          className={styles.secretText}
          aria-label={label}
          value={value}
          readOnly
          autoComplete="off"
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton
          text={value}
          label={`Copy ${label}`}
          variant="primary"
          size="medium"
          onCopied={onCopied}
        />
      </div>
    </div>
  );
}
