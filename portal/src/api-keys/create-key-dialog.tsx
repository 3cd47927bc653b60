import { useId, useRef, useState } from 'react';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { useCreateApiKey } from './api-keys.ts';
import { CreateKeyForm } from './create-key-form.tsx';
import { NewKey } from './new-key.tsx';

/** Asks what the key is for, then shows its value, once. Mounted only while it is open. */
export function CreateKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const { workspaceId } = useWorkspace();
  const [value, setValue] = useState<string>();
  const create = useCreateApiKey(workspaceId, setValue);
  const form = useId();
  const name = useRef<HTMLInputElement>(null);
  if (value !== undefined) {
    return <NewKey title="API key created" value={value} onClose={onClose} />;
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create an API key"
      initialFocus={name}
      description="For a program on your servers. One key for each program keeps the damage small when one leaks."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} variant="primary" isBusy={create.isPending}>
            Create API key
          </Button>
        </>
      }
    >
      <CreateKeyForm id={form} nameRef={name} onSubmit={create.mutateAsync} />
    </Dialog>
  );
}
