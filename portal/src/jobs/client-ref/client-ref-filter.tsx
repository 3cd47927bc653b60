import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { Field } from '../../ui/field/field.tsx';
import { TextInput } from '../../ui/field/text-input.tsx';
import { CloseIcon } from '../../ui/icons/icons.tsx';
import styles from '../jobs.module.css';
import { ClientRefSuggestions } from './client-ref-suggestions.tsx';
import { clientRefError, clientRefsQuery } from './client-refs-query.ts';

interface ClientRefFilterProps {
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

/**
 * Narrows to the jobs of one end user. Each value costs a temporary key of its own, so it counts when it is entered or
 * chosen, and not with each letter.
 */
export function ClientRefFilter({ value, onChange }: ClientRefFilterProps) {
  const { workspaceId } = useWorkspace();
  const { data: names = [] } = useQuery(clientRefsQuery(workspaceId));
  const [typed, setTyped] = useState(value ?? '');
  const list = useId();
  const error = clientRefError(typed);
  const apply = (next: string) => {
    const wanted = next.trim() === '' ? undefined : next.trim();
    if (wanted !== value && clientRefError(next) === undefined) onChange(wanted);
  };
  const type = (next: string) => {
    setTyped(next);
    if (next === '' || names.includes(next)) apply(next);
  };
  return (
    <form
      className={styles.clientRef}
      onSubmit={(event) => {
        event.preventDefault();
        apply(typed);
      }}
      onBlur={() => apply(typed)}
    >
      <Field label="client_ref" isLabelHidden error={error}>
        <TextInput
          value={typed}
          onValueChange={type}
          placeholder="client_ref"
          list={list}
          enterKeyHint="search"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      </Field>
      <ClientRefSuggestions id={list} />
      {value === undefined ? null : (
        <IconButton
          label="Show all client_refs"
          icon={<CloseIcon />}
          size="small"
          onClick={() => onChange(undefined)}
        />
      )}
    </form>
  );
}
