import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { useForm } from '../../form/use-form.ts';
import { MintingCode } from '../../samples/minting-code.tsx';
import { workspaceDetailsQuery } from '../../samples/workspace-details.ts';
import { useSignedIn } from '../../shell/session/signed-in.tsx';
import { useChosenProject, useProjectFilter } from '../../shell/workspace/projects.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Button } from '../../ui/button/button.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Card } from '../../ui/layout/card.tsx';
import { Stack } from '../../ui/layout/stack.tsx';
import { EveryoneWarning } from '../everyone-warning.tsx';
import { KeyFlow } from '../key-flow.tsx';
import { SentenceList } from '../sentence-list.tsx';
import { reachesEveryone, sentencesOf } from '../sentences.ts';
import styles from './create.module.css';
import { errorsIn, fieldOf, PRESETS, type Preset, requestOf, type Values } from './form-values.ts';
import { KeyForm } from './key-form.tsx';
import { MadeKey } from './made-key.tsx';
import { useMint } from './mint.ts';
import { PresetPicker } from './preset-picker.tsx';

/** Explains temporary keys, and makes them. */
export function CreateTab() {
  const { workspaceId } = useWorkspace();
  const { preset = 'dictation' } = useSearch({ from: '/workspaces/$workspaceId/temporary-keys' });
  const navigate = useNavigate({ from: '/workspaces/$workspaceId/temporary-keys' });
  const project = useChosenProject();
  const filter = useProjectFilter();
  const [value, setValue] = useState<string>();
  const mint = useMint(workspaceId, setValue);
  const form = useForm<Values>({
    initial: PRESETS[preset],
    validate: errorsIn,
    submit: async (values) => {
      const projectId = project?.project_id ?? filter;
      await mint.mutateAsync({ projectId, product: values.product, body: requestOf(values) });
    },
    fieldOf,
  });
  const id = useId();
  const choose = (next: Preset) => {
    form.set(withPreset(form.values, next));
    void navigate({ search: (before) => ({ ...before, preset: next }), replace: true, resetScroll: false });
  };
  const body = requestOf(form.values);
  return (
    <Stack gap={5}>
      <Explanation />
      <Card title="Create a temporary key" description={`For the project ${project?.name ?? ''}.`}>
        <div className={styles.columns}>
          <Stack gap={5}>
            <PresetPicker value={preset} onValueChange={choose} />
            <KeyForm id={id} form={form} />
          </Stack>
          <aside className={styles.preview} aria-label="What the key will allow">
            <Preview values={form.values} />
            <Button type="submit" form={id} variant="primary" isBusy={form.isBusy} isWide>
              Create temporary key
            </Button>
          </aside>
        </div>
      </Card>
      <Card
        title="From your own server"
        description="The request that makes the same key. Your server sends it for a visitor it knows, and hands over the answer."
      >
        <MintingCode product={form.values.product} body={body} />
      </Card>
      {value === undefined ? null : (
        <MadeKey
          value={value}
          product={form.values.product}
          body={body}
          onClose={() => setValue(undefined)}
        />
      )}
    </Stack>
  );
}

/** What was typed about one's own users and pages stays. */
const withPreset = (before: Values, preset: Preset): Values => ({
  ...PRESETS[preset],
  client_ref: before.client_ref || PRESETS[preset].client_ref,
  origins: before.origins,
  cidrs: before.cidrs,
});

function Explanation() {
  const { workspaceId } = useWorkspace();
  const { support_contact } = useSignedIn();
  const { data: workspace } = useQuery(workspaceDetailsQuery(workspaceId));
  const isDisabled = workspace?.customer_type === 'enterprise' && !workspace.temporary_keys_enabled;
  return (
    <Card title="How it works">
      <div className={styles.explanation}>
        <Stack gap={3}>
          <p>
            An API key must never leave your servers. Your server trades it for a temporary key, for one
            visitor at a time, and hands that to the page.
          </p>
          <p>
            The page then talks to Parley itself, so recordings take no detour. The key ends by itself; at
            once, when you revoke the API key it was made with.
          </p>
          {isDisabled ? (
            <Notice tone="warning" title="Temporary keys are not enabled for this workspace">
              <p>Ask {support_contact} to enable them.</p>
            </Notice>
          ) : null}
        </Stack>
        <KeyFlow />
      </div>
    </Card>
  );
}

function Preview({ values }: { readonly values: Values }) {
  const { ttl, limits = {}, ...body } = requestOf(values);
  const { environment, ...lim } = limits;
  const key = {
    aud: values.product,
    ttlSeconds: ttl,
    ...body,
    lim,
    ...(environment && { env: environment }),
  };
  return (
    <Stack gap={4}>
      <h3>The key will allow this</h3>
      <SentenceList sentences={sentencesOf(key)} />
      {reachesEveryone(key) ? <EveryoneWarning /> : null}
    </Stack>
  );
}
