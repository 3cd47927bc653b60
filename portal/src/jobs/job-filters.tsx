import { useNavigate, useSearch } from '@tanstack/react-router';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { Field } from '../ui/field/field.tsx';
import { SearchInput } from '../ui/field/search-input.tsx';
import { Select } from '../ui/field/select.tsx';
import { ClientRefFilter } from './client-ref/client-ref-filter.tsx';
import styles from './jobs.module.css';

const ALL = 'all';
const STATUSES = [
  { value: ALL, label: 'All statuses' },
  { value: 'running', label: 'Running' },
  { value: 'done', label: 'Done' },
  { value: 'rejected', label: 'Rejected' },
] as const;

const LIST = '/workspaces/$workspaceId/jobs';

interface JobFiltersProps {
  /** Part of the names looked for. */
  readonly text: string;
  readonly onTextChange: (text: string) => void;
}

/** What the list is narrowed to. All of it is in the address, so that a link shows the same. */
export function JobFilters({ text, onTextChange }: JobFiltersProps) {
  const { status, client_ref: clientRef } = useSearch({ from: LIST });
  const navigate = useNavigate({ from: LIST });
  return (
    <search className={styles.filters}>
      <SearchInput label="Search names" value={text} onValueChange={onTextChange} />
      <ProjectSelect />
      <Field label="Status" isLabelHidden>
        <Select
          value={status ?? ALL}
          options={STATUSES}
          onValueChange={(next) =>
            navigate({
              search: (before) => ({ ...before, status: next === ALL ? undefined : next }),
              replace: true,
            })
          }
        />
      </Field>
      <ClientRefFilter
        key={clientRef}
        value={clientRef}
        onChange={(next) =>
          navigate({ search: (before) => ({ ...before, client_ref: next }), replace: true })
        }
      />
    </search>
  );
}
