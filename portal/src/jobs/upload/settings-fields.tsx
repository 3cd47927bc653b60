import { useId } from 'react';
import type { Form } from '../../form/use-form.ts';
import { Checkbox } from '../../ui/field/checkbox.tsx';
import { Field } from '../../ui/field/field.tsx';
import { SegmentedControl } from '../../ui/field/radio-group.tsx';
import { Select } from '../../ui/field/select.tsx';
import { TextInput } from '../../ui/field/text-input.tsx';
import { ClientRefSuggestions } from '../client-ref/client-ref-suggestions.tsx';
import type { Language } from '../languages-query.ts';
import styles from './upload.module.css';
import type { UploadFormValues } from './upload-settings.ts';

interface SettingsFieldsProps {
  readonly form: Form<UploadFormValues>;
  readonly languages: readonly Language[];
}

const MODELS = [
  { value: 'standard', label: 'Standard' },
  { value: 'enhanced', label: 'Enhanced' },
] as const;

const DIARIZATION = [
  { value: 'none', label: 'None' },
  { value: 'speaker', label: 'By speaker' },
  { value: 'channel', label: 'By channel' },
] as const;

const PUNCTUATION = [
  { value: 'all', label: 'All marks' },
  { value: 'basic', label: 'Only . , ?' },
  { value: 'none', label: 'None' },
] as const;

/** How the recordings are transcribed. */
export function SettingsFields({ form, languages }: SettingsFieldsProps) {
  const { values, set, errors, text } = form;
  const suggestions = useId();
  return (
    <>
      <div className={styles.pair}>
        <Field label="Language" error={errors.language}>
          <Select
            value={values.language}
            options={languages.map(({ code, name }) => ({ value: code, label: name }))}
            onValueChange={(language) => set({ language })}
          />
        </Field>
        <Field label="Model">
          <Select value={values.model} options={MODELS} onValueChange={(model) => set({ model })} />
        </Field>
      </div>
      <SegmentedControl
        label="Diarization"
        value={values.diarization}
        choices={DIARIZATION}
        onValueChange={(diarization) => set({ diarization })}
      />
      <SegmentedControl
        label="Punctuation"
        value={values.punctuation}
        choices={PUNCTUATION}
        onValueChange={(punctuation) => set({ punctuation })}
      />
      <Checkbox
        label="Write numbers, dates and amounts in digits"
        checked={values.hasEntities}
        onCheckedChange={(hasEntities) => set({ hasEntities })}
      />
      <Checkbox
        label="Leave out hesitations such as “um”"
        checked={values.isWithoutDisfluencies}
        onCheckedChange={(isWithoutDisfluencies) => set({ isWithoutDisfluencies })}
      />
      <Field
        label="client_ref"
        isOptional
        error={errors.clientRef}
        hint="Files the jobs under one of your end users. Their keys see these jobs, other end users’ keys do not."
      >
        <TextInput
          {...text('clientRef')}
          list={suggestions}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
      </Field>
      <ClientRefSuggestions id={suggestions} />
    </>
  );
}
