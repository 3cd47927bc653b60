import { useId, useState } from 'react';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { RadioGroup } from '../ui/field/radio-group.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { type ApiKey, type Rotation, useRotateApiKey } from './api-keys.ts';
import { EXPIRY_OPTIONS, type ExpiryValues, expiresAt, expiryError } from './expiry.ts';
import { ExpiryFields } from './expiry-fields.tsx';
import { NewKey } from './new-key.tsx';

interface RotateKeyDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

type Grace = '0' | '3600' | '86400' | '604800' | '2592000';

const GRACES: readonly { value: Grace; label: string; hint?: string }[] = [
  { value: '0', label: 'Now', hint: 'The old key stops at once, and live sessions opened with it end.' },
  { value: '3600', label: 'In 1 hour' },
  { value: '86400', label: 'In 1 day', hint: 'Time to put the new key everywhere the old one is used.' },
  { value: '604800', label: 'In 7 days' },
  { value: '2592000', label: 'In 30 days' },
];

/** Replaces a key: asks how long the old one goes on, then shows the new one, once. Mounted only while it is open. */
export function RotateKeyDialog({ apiKey, onClose }: RotateKeyDialogProps) {
  const { workspaceId } = useWorkspace();
  const [value, setValue] = useState<string>();
  const [grace, setGrace] = useState<Grace>('86400');
  const rotate = useRotateApiKey(workspaceId, setValue);
  const form = useId();
  if (value !== undefined) {
    return (
      <NewKey title="New API key" value={value} onClose={onClose}>
        <p>{endOfOld(apiKey, grace)}</p>
      </NewKey>
    );
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Rotate “${apiKey.name}”`}
      description="Makes a new key with the same name, project and client_ref. Until the old one stops, both work."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant="primary" isBusy={rotate.isPending}>
            Rotate key
          </Button>
        </>
      }
    >
      <RotateForm
        id={form}
        apiKey={apiKey}
        grace={grace}
        onGraceChange={setGrace}
        onSubmit={rotate.mutateAsync}
      />
    </Dialog>
  );
}

interface RotateFormProps {
  readonly id: string;
  readonly apiKey: ApiKey;
  readonly grace: Grace;
  readonly onGraceChange: (grace: Grace) => void;
  readonly onSubmit: (rotation: Rotation) => Promise<unknown>;
}

const INITIAL: ExpiryValues = { expiry: 'same', expires_at: '' };

/** A key without an end gets a successor without one; who rotates a key because it ends wants a later day. */
const NEW_EXPIRY = [
  { value: 'same', label: 'When the old key would have' } as const,
  ...EXPIRY_OPTIONS.filter(({ value }) => value !== 'never'),
];

function RotateForm({ id, apiKey, grace, onGraceChange, onSubmit }: RotateFormProps) {
  const form = useForm<ExpiryValues>({
    initial: INITIAL,
    validate: (values) => errorsOf({ expires_at: expiryError(values, Date.now()) }),
    submit: (values) =>
      onSubmit({
        apiKeyId: apiKey.apikey_id,
        graceSeconds: Number(grace),
        expiresAt: expiresAt(values, Date.now()),
      }),
  });
  return (
    <FormLayout id={id} label="Rotation" onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <RadioGroup label="The old key stops" value={grace} choices={GRACES} onValueChange={onGraceChange} />
      {apiKey.expires_at === undefined ? null : (
        <ExpiryFields
          label="The new key expires"
          hint="The old key has an end of its own, and stops then if that is sooner."
          form={form}
          set={form.set}
          options={NEW_EXPIRY}
        />
      )}
    </FormLayout>
  );
}

const end = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

function endOfOld({ key_prefix, name, expires_at }: ApiKey, grace: Grace): string {
  const old = key_prefix === undefined ? name : `${key_prefix}…`;
  if (grace === '0') return `The old key, ${old}, has stopped.`;
  const stop = Math.min(
    Date.now() + Number(grace) * 1000,
    expires_at === undefined ? Number.POSITIVE_INFINITY : new Date(expires_at).getTime(),
  );
  return `The old key, ${old}, goes on until ${end.format(stop)}. Put the new one in its place before then.`;
}
