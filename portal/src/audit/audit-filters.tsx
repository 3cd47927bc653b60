import { useEffect, useRef, useState } from 'react';
import { Field } from '../ui/field/field.tsx';
import { SearchInput } from '../ui/field/search-input.tsx';
import { type Option, Select } from '../ui/field/select.tsx';
import styles from './audit.module.css';
import type { AuditAction, AuditFilter } from './audit-query.ts';
import { ACTION_WORDS } from './entries/sentences.ts';

interface AuditFiltersProps extends AuditFilter {
  readonly onChange: (change: Partial<AuditFilter>) => void;
}

const ALL = 'all';
const TYPING_PAUSE_MS = 300;
/** What the server takes. */
const MAX_SEARCH = 200;

/** These happen to an account or to the installation, so no workspace has them. */
const OF_NO_WORKSPACE: readonly string[] = [
  'operator_token.created',
  'operator_token.revoked',
  'account.deleted',
  'account.password_changed',
  'signing_key.rotated',
  'signing_key.revoked',
];

const ACTIONS: readonly Option<AuditAction | typeof ALL>[] = [
  { value: ALL, label: 'All actions' },
  ...(Object.keys(ACTION_WORDS) as AuditAction[])
    .filter((value) => !OF_NO_WORKSPACE.includes(value))
    .map((value) => ({ value, label: ACTION_WORDS[value] })),
];

/** Narrows the log to what holds a text, and to one kind of action. */
export function AuditFilters({ action, search, onChange }: AuditFiltersProps) {
  const [text, setText] = useSearchText(search, (next) => onChange({ search: next }));
  return (
    <div className={styles.filters}>
      <SearchInput label="Search the log" value={text} onValueChange={setText} />
      <div className={styles.action}>
        <Field label="Action" isLabelHidden>
          <Select
            value={action ?? ALL}
            options={ACTIONS}
            onValueChange={(next) => onChange({ action: next === ALL ? undefined : next })}
          />
        </Field>
      </div>
    </div>
  );
}

/**
 * The text in the field, which goes into the address when the typing pauses. A change of the address from elsewhere
 * comes back into the field.
 */
function useSearchText(search: string | undefined, onChange: (search: string | undefined) => void) {
  const [text, setText] = useState(search ?? '');
  const [sent, setSent] = useState(search);
  const [known, setKnown] = useState(search);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  if (search !== known) {
    setKnown(search);
    if (search !== sent) setText(search ?? '');
  }
  const type = (next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const wanted = wellFormed(next);
      setSent(wanted);
      onChange(wanted);
    }, TYPING_PAUSE_MS);
  };
  return [text, type] as const;
}

/** The text without what the server refuses. */
const wellFormed = (text: string): string | undefined =>
  text
    .slice(0, MAX_SEARCH)
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim() || undefined;
