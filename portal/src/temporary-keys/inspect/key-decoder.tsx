import { FormLayout } from '../../form/form-layout.tsx';
import { FormProblem } from '../../form/form-problem.tsx';
import { errorsOf } from '../../form/rules.ts';
import { useForm } from '../../form/use-form.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Button } from '../../ui/button/button.tsx';
import { Field } from '../../ui/field/field.tsx';
import { TextArea } from '../../ui/field/text-area.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { Row } from '../../ui/layout/stack.tsx';
import { keyIn } from './decode.ts';
import { DecodedKey } from './decoded-key.tsx';
import styles from './inspect.module.css';
import { useInspection } from './inspections.ts';
import { VerdictNotice } from './verdict-notice.tsx';

const LONGEST_KEY = 5000;

/** Takes a key and says what it allows; the server is asked only when one says so. */
export function KeyDecoder() {
  const { workspaceId } = useWorkspace();
  const inspection = useInspection(workspaceId, () => keyIn(form.values.key));
  const form = useForm({
    initial: { key: '' },
    validate: ({ key }) => errorsOf({ key: keyError(keyIn(key)) }),
    submit: () => inspection.mutateAsync(),
  });
  const key = keyIn(form.values.key);
  const change = (text: string) => {
    form.set({ key: text });
    inspection.reset();
  };
  return (
    <Card
      title="Decode a key"
      description="Paste a temporary key or an API key. It is read in this browser, and sent nowhere until you check it with the server."
    >
      <div>
        <FormLayout label="Key to decode" onSubmit={form.onSubmit}>
          <FormProblem problem={form.problem} />
          <Field label="Key" error={form.errors.key}>
            <TextArea
              name="key"
              value={form.values.key}
              onValueChange={change}
              rows={4}
              isCode
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
          <Row>
            <Button type="submit" variant="primary" isBusy={form.isBusy}>
              Check with the server
            </Button>
            <Button onClick={() => change('')} disabled={form.values.key === ''}>
              Clear
            </Button>
          </Row>
        </FormLayout>
        <div role="status" className={styles.outcome}>
          {inspection.data === undefined ? null : <VerdictNotice verdict={inspection.data} />}
        </div>
        {key === '' ? null : (
          <div className={styles.outcome}>
            <DecodedKey text={key} />
          </div>
        )}
      </div>
    </Card>
  );
}

function keyError(key: string): string | undefined {
  if (key === '') return 'Paste a key.';
  return key.length > LONGEST_KEY ? `A key has at most ${LONGEST_KEY} characters.` : undefined;
}
