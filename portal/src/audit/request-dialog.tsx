import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type RefObject, useId, useRef } from 'react';
import { FormLayout } from '../form/form-layout.tsx';
import { errorsOf } from '../form/rules.ts';
import { useForm } from '../form/use-form.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { DescriptionList } from '../ui/data/description-list.tsx';
import { Time } from '../ui/data/time.tsx';
import { ErrorState } from '../ui/feedback/error-state.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { SkeletonLines } from '../ui/feedback/skeleton.tsx';
import { Field } from '../ui/field/field.tsx';
import { TextInput } from '../ui/field/text-input.tsx';
import { Stack } from '../ui/layout/stack.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { type RequestExplanation, requestQuery } from './audit-query.ts';
import { keyNamesQuery } from './entries/names.ts';

const FROM = '/workspaces/$workspaceId/audit';
const REQUEST_ID = /^[0-9a-f]{32}$/;

interface RequestDialogProps {
  /** Opens the dialog without a request. */
  readonly isAsked: boolean;
  readonly onClose: () => void;
}

/** Says why a request was refused: the one in the address, or one whose id is entered. */
export function RequestDialog({ isAsked, onClose }: RequestDialogProps) {
  const { request } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: FROM });
  const show = (next: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, request: next }), replace: true });
  const id = useId();
  const first = useRef<HTMLInputElement>(null);
  const close = () => {
    show(undefined);
    onClose();
  };
  return (
    <Dialog
      isOpen={isAsked || request !== undefined}
      onClose={close}
      title="Explain a request"
      description="A refused caller is told little, so that nobody learns from it. You are told why, for requests with keys of this workspace."
      initialFocus={first}
      footer={
        <>
          <Button onClick={close}>Close</Button>
          <Button type="submit" form={id} variant="primary">
            Explain
          </Button>
        </>
      }
    >
      <Stack gap={4}>
        <RequestForm id={id} field={first} request={request} onAsk={show} />
        {request === undefined ? null : <Explanation key={request} request={request} />}
      </Stack>
    </Dialog>
  );
}

interface RequestFormProps {
  readonly id: string;
  readonly field: RefObject<HTMLInputElement | null>;
  readonly request: string | undefined;
  readonly onAsk: (request: string) => void;
}

function RequestForm({ id, field, request, onAsk }: RequestFormProps) {
  const form = useForm({
    initial: { request: request ?? '' },
    validate: (values) =>
      errorsOf({
        request: REQUEST_ID.test(values.request.trim())
          ? undefined
          : 'Enter the 32 characters from 0 to 9 and a to f that the answer had in its header Request-Id.',
      }),
    submit: async (values) => onAsk(values.request.trim()),
  });
  return (
    <FormLayout id={id} onSubmit={form.onSubmit}>
      <Field
        label="Request id"
        hint="Every answer has it in the header Request-Id."
        error={form.errors.request}
      >
        <TextInput {...form.text('request')} ref={field} isCode autoComplete="off" spellCheck={false} />
      </Field>
    </FormLayout>
  );
}

function Explanation({ request }: { readonly request: string }) {
  const { workspaceId } = useWorkspace();
  const explanation = useQuery(requestQuery(workspaceId, request));
  const { data, error } = explanation;
  if (data !== undefined) return <Refused explanation={data} />;
  if (error?.status === 404) {
    return (
      <Notice isLive title="Nothing is known of this request">
        <p>
          It was not refused, its key is not one of this workspace, or it is more than 7 days ago. Of many
          refusals at once only the first are kept. Check the id.
        </p>
      </Notice>
    );
  }
  if (error) {
    const retry = () => explanation.refetch();
    return <ErrorState error={error} onRetry={retry} isRetrying={explanation.isFetching} />;
  }
  return (
    <div role="status" aria-label="Looking the request up">
      <SkeletonLines lines={6} />
    </div>
  );
}

function Refused({ explanation }: { readonly explanation: RequestExplanation }) {
  const { workspaceId } = useWorkspace();
  const { apikey_id: keyId, method, route, status, at, address } = explanation;
  const { data: names = [] } = useQuery(keyNamesQuery(workspaceId));
  const name = new Map(names).get(keyId ?? '');
  return (
    <Stack gap={4}>
      <Notice tone="warning" isLive title="The request was refused">
        <p>{explanation.explanation}</p>
      </Notice>
      <DescriptionList
        items={[
          {
            label: 'Request',
            value: (
              <code>
                {method} {route === 'none' ? 'a path that does not exist' : route}
              </code>
            ),
          },
          { label: 'Answer', value: `${status}, reason ${explanation.reason}` },
          { label: 'Time', value: <Time value={at} format="full" /> },
          { label: 'Address', value: <code>{address}</code> },
          {
            label: 'API key',
            value: keyId === undefined ? 'None that is known' : <KeyOf id={keyId} name={name} />,
          },
        ]}
      />
    </Stack>
  );
}

function KeyOf({ id, name }: { readonly id: string; readonly name: string | undefined }) {
  const { workspaceId } = useWorkspace();
  return (
    <>
      {name} <code>{id}</code>{' '}
      <Link to="/workspaces/$workspaceId/api-keys" params={{ workspaceId }}>
        Open API Keys
      </Link>
    </>
  );
}
