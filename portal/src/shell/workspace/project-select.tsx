import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Field } from '../../ui/field/field.tsx';
import { Select } from '../../ui/field/select.tsx';
import { projectsQuery, useChosenProject, useProjectFilter } from './projects.ts';
import { useWorkspace } from './use-workspace.ts';

interface ProjectSelectProps {
  /** Offers all projects together, for pages that list. */
  readonly hasAll?: boolean;
  readonly isLabelHidden?: boolean;
}

const ALL = 'all';

/** The choice of a project, kept in the address and shared by the pages of a workspace. */
export function ProjectSelect({ hasAll = false, isLabelHidden = true }: ProjectSelectProps) {
  const { workspaceId } = useWorkspace();
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  const filter = useProjectFilter();
  const chosen = useChosenProject();
  const navigate = useNavigate();
  const value = hasAll ? filter : chosen?.project_id;
  const options = projects.map((project) => ({ value: String(project.project_id), label: project.name }));
  return (
    <Field label="Project" isLabelHidden={isLabelHidden}>
      <Select
        value={value === undefined ? ALL : String(value)}
        options={
          hasAll || options.length === 0 ? [{ value: ALL, label: 'All projects' }, ...options] : options
        }
        onValueChange={(next) => {
          const project = next === ALL ? undefined : Number(next);
          void navigate({ to: '.', search: (before) => ({ ...before, project }), replace: true });
        }}
      />
    </Field>
  );
}
