import { type RefObject, useId, useRef, useState } from 'react';
import { FormLayout } from '../form/form-layout.tsx';
import { FormProblem } from '../form/form-problem.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { CopyButton } from '../ui/button/copy-button.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import styles from './audit.module.css';
import { type Verification, verifyLog } from './audit-query.ts';

interface VerifyDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

const NOTED = /^\d{1,15}:[0-9a-f]{64}$/;

/** Checks the whole log, and says in words what that proves. */
export function VerifyDialog({ isOpen, onClose }: VerifyDialogProps) {
  const id = useId();
  const [isBusy, setIsBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Verify the log"
      description="Each entry has a hash that covers it and the hash of the entry before, made with a secret that is kept outside the database. Parley calculates all of them again, of the whole installation."
      initialFocus={first}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button type="submit" form={id} variant="primary" isBusy={isBusy}>
            Verify
          </Button>
        </>
      }
    >
      <VerifyForm id={id} field={first} onBusy={setIsBusy} />
    </Dialog>
  );
}

interface VerifyFormProps {
  readonly id: string;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly onBusy: (isBusy: boolean) => void;
}

function VerifyForm({ id, field, onBusy }: VerifyFormProps) {
  const { workspaceId } = useWorkspace();
  const [result, setResult] = useState<Verification & { readonly expected: string }>();
  const form = useForm({
    initial: { expect: '' },
    validate: ({ expect }) =>
      errorsOf({
        expect:
          expect.trim() === '' || NOTED.test(expect.trim())
            ? undefined
            : 'Enter it as it was shown: a number, a colon, and 64 characters from 0 to 9 and a to f.',
      }),
    submit: async ({ expect }) => {
      onBusy(true);
      setResult(undefined);
      try {
        setResult({ ...(await verifyLog(workspaceId, expect.trim())), expected: expect.trim() });
      } finally {
        onBusy(false);
      }
    },
  });
  return (
    <FormLayout id={id} onSubmit={form.onSubmit}>
      <FormProblem problem={form.problem} />
      <Field
        label="End of the log you noted earlier"
        hint="With it, the check also shows whether the log was cut off or put back to an older state since."
        error={form.errors.expect}
        isOptional
      >
        <TextInput {...form.text('expect')} ref={field} isCode autoComplete="off" spellCheck={false} />
      </Field>
      {result === undefined ? null : <Result result={result} />}
    </FormLayout>
  );
}

function Result({ result }: { readonly result: Verification & { readonly expected: string } }) {
  const { sequence, hash, fault, expected } = result;
  const count = new Intl.NumberFormat('en').format(sequence);
  if (fault !== undefined) {
    return (
      <Notice tone="danger" isLive title={FAULTS[fault.kind](fault.sequence)}>
        <p>
          In the words of the check: {fault.detail}. Entries up to {count} are as they were written. Tell the
          operator of this installation; do not rely on later entries.
        </p>
      </Notice>
    );
  }
  const end = `${sequence}:${hash}`;
  return (
    <Stack gap={3}>
      <Notice tone="success" isLive title="The log is sound">
        <p>
          All {count} entries of this installation are as they were written: none was altered, removed or
          moved.
          {expected === '' ? '' : ' The end that you noted is still in it, so nothing was cut off since.'}
        </p>
      </Notice>
      <p>
        Note this end of the log somewhere else. With it you can prove later that nothing before it was taken
        away.
      </p>
      <div className={styles.end}>
        <code>{end}</code>
        <CopyButton text={end} label="Copy the end of the log" variant="quiet" isCompact />
      </div>
    </Stack>
  );
}

type FaultKind = NonNullable<Verification['fault']>['kind'];

const FAULTS: Readonly<Record<FaultKind, (sequence: number) => string>> = {
  altered: (sequence) => `Entry ${sequence} was altered`,
  missing: (sequence) => `Entry ${sequence} was removed`,
  reordered: (sequence) => `Entry ${sequence} was moved`,
  truncated: (sequence) => `The log was cut off before entry ${sequence}`,
  rolled_back: () => 'The log was cut off or put back to an older state',
};
