import { FormLayout } from '../../form/form-layout.tsx';
import { FormProblem } from '../../form/form-problem.tsx';
import { errorsOf } from '../../form/rules.ts';
import { useForm } from '../../form/use-form.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Button } from '../../ui/button/button.tsx';
import { DescriptionList } from '../../ui/data/description-list.tsx';
import { Time } from '../../ui/data/time.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Field } from '../../ui/field/field.tsx';
import { TextInput } from '../../ui/field/text-input.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { Row, Stack } from '../../ui/layout/stack.tsx';
import styles from './inspect.module.css';
import { type Explanation, useExplanation } from './inspections.ts';
import { useKeyName } from './key-name.ts';
import { remedyOf } from './remedies.ts';

const REQUEST_ID = /^[0-9a-f]{32}$/;
const idIn = (text: string): string =>
  text
    .trim()
    .replace(/^request-id:\s*/i, '')
    .toLowerCase();

/** Why a request with a key of this workspace was refused. */
export function RequestLookUp() {
  const { workspaceId } = useWorkspace();
  const explanation = useExplanation(workspaceId);
  const form = useForm({
    initial: { request_id: '' },
    validate: ({ request_id }) => errorsOf({ request_id: idError(idIn(request_id)) }),
    submit: ({ request_id }) => explanation.mutateAsync(idIn(request_id)),
    fieldOf: ({ status }) => (status === 404 ? { request_id: NOT_FOUND } : undefined),
  });
  return (
    <Card
      title="Why was my request refused?"
      description="A refusal tells the caller little. You, who own the key, can learn the reason by the header Request-Id of the answer."
    >
      <div>
        <FormLayout label="Refused request" onSubmit={form.onSubmit}>
          <FormProblem problem={form.problem} />
          <Field label="Request-Id" error={form.errors.request_id}>
            <TextInput
              name="request_id"
              value={form.values.request_id}
              onValueChange={(request_id) => {
                form.set({ request_id });
                explanation.reset();
              }}
              isCode
              autoComplete="off"
              spellCheck={false}
            />
          </Field>
          <Row>
            <Button type="submit" isBusy={form.isBusy}>
              Look it up
            </Button>
          </Row>
        </FormLayout>
        <div role="status" className={styles.outcome}>
          {explanation.data === undefined ? null : <Refusal explanation={explanation.data} />}
        </div>
      </div>
    </Card>
  );
}

const NOT_FOUND =
  'No refusal with this Request-Id is known here. Only requests with a key of this workspace are kept, and not for ever.';

function idError(id: string): string | undefined {
  if (id === '') return 'Enter the Request-Id of an answer.';
  return REQUEST_ID.test(id) ? undefined : 'A Request-Id has 32 digits and letters from a to f.';
}

function Refusal({ explanation: found }: { readonly explanation: Explanation }) {
  const keyName = useKeyName(found.apikey_id);
  return (
    <Stack gap={4}>
      <Notice tone="warning" title={found.explanation}>
        <p>{remedyOf(found.reason)}</p>
      </Notice>
      <DescriptionList
        items={[
          { label: 'When', value: <Time value={found.at} format="full" /> },
          {
            label: 'Request',
            value: (
              <code className={styles.id}>
                {found.method} {found.route}
              </code>
            ),
          },
          { label: 'Answer', value: found.status },
          { label: 'Reason', value: <code>{found.reason}</code> },
          { label: 'API key', value: keyName ?? 'The portal, or an API key that is no longer listed' },
          { label: 'From', value: <code className={styles.id}>{found.address}</code> },
        ]}
      />
    </Stack>
  );
}
