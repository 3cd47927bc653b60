import { useQuery } from '@tanstack/react-query';
import { type RefObject, useState } from 'react';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf, lengthError, numberError, textError } from '../form/rules.ts';
import { type Form, useForm } from '../form/use-form.ts';
import { projectsQuery, useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Field } from '../ui/field/field.tsx';
import { NumberInput } from '../ui/field/number-input.tsx';
import { Select } from '../ui/field/select.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import styles from './api-keys.module.css';
import type { NewApiKey } from './api-keys.ts';
import { type ExpiryValues, expiresAt, expiryError } from './expiry.ts';
import { ExpiryFields } from './expiry-fields.tsx';

interface CreateKeyFormProps {
  readonly id: string;
  readonly nameRef: RefObject<HTMLInputElement | null>;
  readonly onSubmit: (key: NewApiKey) => Promise<unknown>;
}

interface Values extends ExpiryValues {
  readonly name: string;
  /** The project in the address until another is chosen. */
  readonly project: string | undefined;
  readonly client_ref: string;
  readonly keep_serving_hours: string;
}

const INITIAL: Values = {
  name: '',
  project: undefined,
  expiry: 'never',
  expires_at: '',
  client_ref: '',
  keep_serving_hours: '0',
};

export function CreateKeyForm({ id, nameRef, onSubmit }: CreateKeyFormProps) {
  const chosen = useChosenProject();
  const form = useForm<Values>({
    initial: INITIAL,
    validate: (values) =>
      errorsOf({
        name: textError(values.name, 'a name', 120),
        project: (values.project ?? chosen) === undefined ? 'Choose a project.' : undefined,
        expires_at: expiryError(values, Date.now()),
        client_ref: lengthError(values.client_ref, 256),
        keep_serving_hours: numberError(values.keep_serving_hours, 0, 168),
      }),
    submit: (values) => onSubmit(bodyOf(values, Number(values.project ?? chosen?.project_id))),
    fieldOf: (problem) =>
      problem.field?.name === 'project_id' ? { project: problem.field.message } : undefined,
  });
  return (
    <FormLayout id={id} label="API key" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <Field label="Name" hint="For you to tell it apart from others." error={form.errors.name}>
        <TextInput {...form.text('name')} ref={nameRef} autoComplete="off" />
      </Field>
      <ProjectField form={form} />
      <ExpiryFields label="Expires" form={form} set={form.set} />
      <MoreFields form={form} />
    </FormLayout>
  );
}

/** The choice of this key alone: it does not change what the page shows. */
function ProjectField({ form }: { readonly form: Form<Values> }) {
  const { workspaceId } = useWorkspace();
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  const chosen = useChosenProject();
  return (
    <Field
      label="Project"
      hint="The key reaches the jobs of this project and no others."
      error={form.errors.project}
    >
      <Select
        value={form.values.project ?? String(chosen?.project_id ?? '')}
        options={projects.map(({ project_id, name }) => ({ value: String(project_id), label: name }))}
        onValueChange={(project) => form.set({ project })}
      />
    </Field>
  );
}

function MoreFields({ form }: { readonly form: Form<Values> }) {
  const [isOpen, setIsOpen] = useState(false);
  const isWrong = form.errors.client_ref !== undefined || form.errors.keep_serving_hours !== undefined;
  return (
    <details
      className={styles.more}
      open={isOpen || isWrong}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>More</summary>
      <div className={styles.moreFields}>
        <Field
          label="client_ref"
          isOptional
          hint="Binds the key to one end user: it creates and reads the jobs of this reference alone."
          error={form.errors.client_ref}
        >
          <TextInput {...form.text('client_ref')} autoComplete="off" spellCheck={false} />
        </Field>
        <Field
          label="Keep serving"
          hint="For how long a node that has lost its database may still accept the key, also when it was revoked meanwhile. 0 is the safe choice: not at all. At most 168."
          error={form.errors.keep_serving_hours}
        >
          <NumberInput {...form.text('keep_serving_hours')} unit="hours" />
        </Field>
      </div>
    </details>
  );
}

function bodyOf(values: Values, project: number): NewApiKey {
  const end = expiresAt(values, Date.now());
  const keepServing = Number(values.keep_serving_hours);
  return {
    project_id: project,
    name: values.name.trim(),
    ...(end === undefined ? {} : { expires_at: end }),
    ...(values.client_ref === '' ? {} : { client_ref: values.client_ref }),
    ...(keepServing === 0 ? {} : { keep_serving_hours: keepServing }),
  };
}
