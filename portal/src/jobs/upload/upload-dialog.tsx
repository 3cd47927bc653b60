import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { FormLayout } from '../../form/form-layout.tsx';
import { errorsOf } from '../../form/rules.ts';
import { type Form, useForm } from '../../form/use-form.ts';
import type { Project } from '../../shell/workspace/projects.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Button } from '../../ui/button/button.tsx';
import { ErrorState } from '../../ui/feedback/error-state.tsx';
import { SkeletonLines } from '../../ui/feedback/skeleton.tsx';
import { Dialog } from '../../ui/overlay/dialog.tsx';
import { clientRefError } from '../client-ref/client-refs-query.ts';
import { type Language, languagesQuery } from '../languages-query.ts';
import { ChosenFiles } from './chosen-files.tsx';
import { SettingsFields } from './settings-fields.tsx';
import { uploadQueueOf } from './upload-queue.ts';
import { FIRST_SETTINGS, type UploadFormValues, type UploadSettings } from './upload-settings.ts';

/** What the dialog opens with. */
export interface UploadDraft {
  readonly files: readonly File[];
  readonly settings?: UploadSettings;
}

interface UploadDialogProps {
  /** Absent while the dialog is closed. */
  readonly draft: UploadDraft | undefined;
  readonly project: Project;
  /** The end user whose jobs are shown now. */
  readonly clientRef: string | undefined;
  readonly onClose: () => void;
}

/** The settings of the last upload are most often those of the next. */
let lastSettings = FIRST_SETTINGS;

/** Chooses recordings and how to transcribe them, and puts them into the queue. */
export function UploadDialog({ draft, project, clientRef = '', onClose }: UploadDialogProps) {
  const id = useId();
  const languages = useQuery(languagesQuery);
  return (
    <Dialog
      isOpen={draft !== undefined}
      onClose={onClose}
      title="Upload recordings"
      description={
        <>
          Each file becomes a job in the project <bdi>{project.name}</bdi>.
        </>
      }
      footer={<Footer onClose={onClose} form={id} isReady={languages.data !== undefined} />}
    >
      {languages.error && languages.data === undefined ? (
        <ErrorState
          error={languages.error}
          onRetry={() => languages.refetch()}
          isRetrying={languages.isFetching}
        />
      ) : languages.data === undefined ? (
        <SkeletonLines lines={12} />
      ) : (
        <UploadForm
          id={id}
          languages={languages.data}
          initial={{ files: draft?.files ?? [], ...(draft?.settings ?? { ...lastSettings, clientRef }) }}
          project={project}
          onQueued={onClose}
        />
      )}
    </Dialog>
  );
}

interface FooterProps {
  readonly onClose: () => void;
  readonly form: string;
  readonly isReady: boolean;
}

function Footer({ onClose, form, isReady }: FooterProps): ReactNode {
  return (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" form={form} variant="primary" disabled={!isReady}>
        Transcribe
      </Button>
    </>
  );
}

interface UploadFormProps {
  readonly id: string;
  readonly languages: readonly Language[];
  readonly initial: UploadFormValues;
  readonly project: Project;
  readonly onQueued: () => void;
}

function UploadForm({ id, languages, initial, project, onQueued }: UploadFormProps) {
  const { workspaceId } = useWorkspace();
  const client = useQueryClient();
  const known = languages.some(({ code }) => code === initial.language);
  const form: Form<UploadFormValues> = useForm<UploadFormValues>({
    initial: known ? initial : { ...initial, language: firstLanguage(languages) },
    validate: ({ files, clientRef, language }) =>
      errorsOf({
        files: filesError(files),
        clientRef: clientRefError(clientRef.trim()),
        language:
          language === '' ? 'This server has no engine that transcribes. Ask its operator.' : undefined,
      }),
    submit: async ({ files, ...settings }) => {
      lastSettings = { ...settings, clientRef: '' };
      const clientRef = settings.clientRef.trim() === '' ? undefined : settings.clientRef.trim();
      const scope = { workspaceId, projectId: project.project_id, clientRef };
      uploadQueueOf(client).add(files, scope, settings);
      onQueued();
    },
  });
  return (
    <FormLayout id={id} onSubmit={form.onSubmit}>
      <ChosenFiles
        files={form.values.files}
        error={form.errors.files}
        onChange={(files) => form.set({ files })}
      />
      <SettingsFields form={form} languages={languages} />
    </FormLayout>
  );
}

const firstLanguage = (languages: readonly Language[]): string =>
  (languages.find(({ code }) => code === 'en') ?? languages[0])?.code ?? '';

function filesError(files: readonly File[]): string | undefined {
  if (files.length === 0) return 'Choose at least one file.';
  const empty = files.find(({ size }) => size === 0);
  return empty === undefined ? undefined : `${empty.name} is empty. Remove it or choose another file.`;
}
