import { FormLayout } from '../../form/form-layout.tsx';
import { FormProblem } from '../../form/form-problem.tsx';
import type { Form } from '../../form/use-form.ts';
import { Field } from '../../ui/field/field.tsx';
import { NumberInput } from '../../ui/field/number-input.tsx';
import { SegmentedControl } from '../../ui/field/radio-group.tsx';
import { TextInput } from '../../ui/field/text-input.tsx';
import type { Values } from './form-values.ts';
import { LimitFields } from './limit-fields.tsx';

interface KeyFormProps {
  readonly id: string;
  readonly form: Form<Values>;
}

const PRODUCTS = [
  { value: 'batch', label: 'Batch' },
  { value: 'rt', label: 'Real time' },
] as const;

/** What a temporary key is to allow. */
export function KeyForm({ id, form }: KeyFormProps) {
  const isBatch = form.values.product === 'batch';
  return (
    <FormLayout id={id} label="Temporary key" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <SegmentedControl
        label="Product"
        value={form.values.product}
        choices={PRODUCTS}
        onValueChange={(product) => form.set({ product, environment: '' })}
      />
      <Field
        label="Time to live"
        hint={
          isBatch
            ? 'From 60 seconds; as long as a visitor needs to send a recording and read its transcript.'
            : 'From 60 seconds. It is looked at when a session starts, so a minute is enough.'
        }
        error={form.errors.ttl}
      >
        <NumberInput {...form.text('ttl')} unit="seconds" />
      </Field>
      <Field
        label="client_ref"
        isOptional={!isBatch}
        hint={
          isBatch
            ? 'The end user: something stable, such as the id of the account. Your server chooses it, never the page.'
            : 'The end user whose sessions these are, in usage and limits.'
        }
        error={form.errors.client_ref}
      >
        <TextInput {...form.text('client_ref')} autoComplete="off" spellCheck={false} />
      </Field>
      <LimitFields form={form} />
    </FormLayout>
  );
}
