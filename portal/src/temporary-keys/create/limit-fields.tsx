import type { Form } from '../../form/use-form.ts';
import { Field } from '../../ui/field/field.tsx';
import { NumberInput } from '../../ui/field/number-input.tsx';
import { TextArea } from '../../ui/field/text-area.tsx';
import styles from './create.module.css';
import type { Values } from './form-values.ts';
import { PlaceFields } from './place-fields.tsx';

/** Limits inside the key. All may be left empty. */
export function LimitFields({ form }: { readonly form: Form<Values> }) {
  return (
    <fieldset className={styles.limits}>
      <legend>Limits</legend>
      <p className={styles.hint}>Leave empty what need not be limited.</p>
      <AmountFields form={form} />
      <Field
        label="Origins"
        hint="Pages that may use the key, one a line, such as https://app.example.org."
        error={form.errors.origins}
      >
        <TextArea {...form.text('origins')} rows={2} isCode spellCheck={false} />
      </Field>
      <Field
        label="Addresses"
        hint="IP addresses or ranges it works from, one a line, such as 192.0.2.0/24."
        error={form.errors.cidrs}
      >
        <TextArea {...form.text('cidrs')} rows={2} isCode spellCheck={false} />
      </Field>
      <Field
        label="Fixed config"
        hint="Members of transcription_config that cannot be chosen, one a line, such as language = en."
        error={form.errors.lock}
      >
        <TextArea {...form.text('lock')} rows={2} isCode spellCheck={false} />
      </Field>
      <PlaceFields form={form} />
    </fieldset>
  );
}

function AmountFields({ form }: { readonly form: Form<Values> }) {
  const many = form.values.product === 'batch' ? 'jobs' : 'sessions';
  const one = form.values.product === 'batch' ? 'job' : 'session';
  return (
    <div className={styles.pairs}>
      <Field label={`Most ${many}`} error={form.errors.max_sessions}>
        <NumberInput {...form.text('max_sessions')} unit={many} />
      </Field>
      <Field label="At a time" error={form.errors.max_concurrent}>
        <NumberInput {...form.text('max_concurrent')} unit={many} />
      </Field>
      <Field label={`Longest ${one}`} error={form.errors.max_session_seconds}>
        <NumberInput {...form.text('max_session_seconds')} unit="seconds" />
      </Field>
      <Field label="Audio in all" error={form.errors.audio_seconds}>
        <NumberInput {...form.text('audio_seconds')} unit="seconds" />
      </Field>
    </div>
  );
}
