import type { Form } from '../form/use-form.ts';
import { Field } from '../ui/field/field.tsx';
import { Select } from '../ui/field/select.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { EXPIRY_OPTIONS, type Expiry, type ExpiryValues } from './expiry.ts';

interface ExpiryFieldsProps {
  readonly label: string;
  readonly hint?: string;
  readonly form: Pick<Form<ExpiryValues>, 'values' | 'errors'>;
  readonly set: (change: Partial<ExpiryValues>) => void;
  readonly options?: readonly { readonly value: Expiry; readonly label: string }[];
}

/** When a key ends: a few usual spans, or a day and time. */
export function ExpiryFields({ label, hint, form, set, options = EXPIRY_OPTIONS }: ExpiryFieldsProps) {
  const { values, errors } = form;
  return (
    <>
      <Field label={label} hint={hint}>
        <Select value={values.expiry} options={options} onValueChange={(expiry) => set({ expiry })} />
      </Field>
      {values.expiry === 'date' ? (
        <Field label="Day and time" hint="In your own time zone." error={errors.expires_at}>
          <TextInput
            type="datetime-local"
            name="expires_at"
            value={values.expires_at}
            onValueChange={(expires_at) => set({ expires_at })}
          />
        </Field>
      ) : null}
    </>
  );
}
