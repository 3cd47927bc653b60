import { useEffect, useState } from 'react';
import { CheckIcon, CopyIcon } from '../icons/icons.tsx';
import { VisuallyHidden } from '../layout/visually-hidden.tsx';
import { Button, type ButtonVariant } from './button.tsx';

const SHOWN_MILLISECONDS = 2000;

interface CopyButtonProps {
  readonly text: string;
  /** What is copied: "Copy key". */
  readonly label?: string;
  readonly variant?: ButtonVariant;
  readonly size?: 'small' | 'medium';
  /** Shows the icon alone. */
  readonly isCompact?: boolean;
  readonly onCopied?: (() => void) | undefined;
}

/** Copies a text, and says so. */
export function CopyButton(props: CopyButtonProps) {
  const { text, label = 'Copy', variant = 'secondary', size = 'small', isCompact = false, onCopied } = props;
  const [outcome, setOutcome] = useState<'none' | 'copied' | 'refused'>('none');
  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), SHOWN_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    const isCopied = await writeClipboard(text);
    setOutcome(isCopied ? 'copied' : 'refused');
    if (isCopied) onCopied?.();
  };
  const words = WORDS[outcome] ?? label;
  return (
    <>
      <Button
        variant={variant}
        size={size}
        icon={outcome === 'copied' ? <CheckIcon /> : <CopyIcon />}
        aria-label={label}
        onClick={copy}
      >
        {isCompact ? null : words}
      </Button>
      <VisuallyHidden role="status">{WORDS[outcome] ?? ''}</VisuallyHidden>
    </>
  );
}

const WORDS: Partial<Record<string, string>> = {
  copied: 'Copied',
  refused: 'Copy it by hand',
};

/** False where the browser does not allow it, as on a page that is not served over HTTPS. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
