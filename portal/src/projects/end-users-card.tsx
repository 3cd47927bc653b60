import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { apiKeysQuery } from '../api-keys/api-keys.ts';
import { FormLayout } from '../form/form-layout.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { ProjectSelect } from '../shell/workspace/project-select.tsx';
import { useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Field } from '../ui/field/field.tsx';
import { RadioGroup } from '../ui/field/radio-group.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Card } from '../ui/layout/card.tsx';
import { clientRefError, clientRefUsageQuery, knownClientRefs } from './client-refs.ts';
import { type EndUser, EndUserDialog } from './end-user-dialog.tsx';
import styles from './projects.module.css';

/** More would be no help to choose from. */
const MAX_SUGGESTIONS = 50;

const CHOICES = [
  {
    value: 'end',
    label: 'End its temporary keys',
    hint: 'For a lost or stolen phone. Temporary keys made later work, and nothing is deleted.',
  },
  {
    value: 'erase',
    label: 'Erase everything',
    hint: 'The right to be forgotten. Its keys end; its jobs, recordings, transcripts and usage are deleted.',
  },
] as const;

/** What an admin can do about one end user of a project. */
export function EndUsersCard() {
  const project = useChosenProject();
  const [asked, setAsked] = useState<EndUser>();
  const [isActive, setIsActive] = useState(false);
  const known = useKnownClientRefs(project?.project_id, isActive);
  const form = useForm<{ clientRef: string; action: 'end' | 'erase' }>({
    initial: { clientRef: '', action: 'end' },
    validate: ({ clientRef }) => errorsOf({ clientRef: clientRefError(clientRef, known) }),
    submit: async ({ clientRef, action }) => {
      if (project !== undefined) setAsked({ project, clientRef, action, isKnown: known.has(clientRef) });
    },
  });
  const suggestions = useId();
  return (
    <Card
      title="End users"
      description="A client_ref names one person or device that uses your application, within a project."
    >
      <FormLayout label="End users" onSubmit={form.onSubmit}>
        <div className={styles.project}>
          <ProjectSelect isLabelHidden={false} />
        </div>
        <Field label="client_ref" hint="Exactly as your server gave it." error={form.errors.clientRef}>
          <TextInput
            {...form.text('clientRef')}
            isCode
            className={styles.project}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            list={suggestions}
            onFocus={() => setIsActive(true)}
          />
        </Field>
        <datalist id={suggestions}>
          {matching(known, form.values.clientRef).map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <RadioGroup
          label="What to do"
          value={form.values.action}
          choices={CHOICES}
          onValueChange={(action) => form.set({ action })}
        />
        <div>
          <Button type="submit" disabled={project === undefined}>
            {form.values.action === 'end' ? 'End temporary keys…' : 'Erase end user…'}
          </Button>
        </div>
      </FormLayout>
      {asked === undefined ? null : (
        <EndUserDialog endUser={asked} onDone={form.reset} onClose={() => setAsked(undefined)} />
      )}
    </Card>
  );
}

function useKnownClientRefs(projectId: number | undefined, isActive: boolean): ReadonlySet<string> {
  const { workspaceId } = useWorkspace();
  const usage = useQuery({ ...clientRefUsageQuery(workspaceId), enabled: isActive });
  const keys = useQuery(apiKeysQuery(workspaceId));
  return knownClientRefs(usage.data, keys.data ?? [], projectId);
}

function matching(known: ReadonlySet<string>, typed: string): string[] {
  const text = typed.toLowerCase();
  return [...known].filter((each) => each.toLowerCase().includes(text)).slice(0, MAX_SUGGESTIONS);
}
