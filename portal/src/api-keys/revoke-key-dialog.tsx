import { useRef, useState } from 'react';
import { FormProblem } from '../form/form-problem.tsx';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { Button } from '../ui/button/button.tsx';
import { Time } from '../ui/data/time.tsx';
import { Notice } from '../ui/feedback/notice.tsx';
import { Dialog } from '../ui/overlay/dialog.tsx';
import { type ApiKey, type Receipt, useRevokeApiKey } from './api-keys.ts';
import { ReceiptView } from './receipt-view.tsx';

interface RevokeKeyDialogProps {
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
}

/** Asks, revokes, and shows how the revocation reaches every node. Mounted only while it is open. */
export function RevokeKeyDialog({ apiKey, onClose }: RevokeKeyDialogProps) {
  const [receipt, setReceipt] = useState<Receipt>();
  if (receipt === undefined) {
    return <Confirmation apiKey={apiKey} onClose={onClose} onRevoked={setReceipt} />;
  }
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`“${apiKey.name}” is revoked`}
      footer={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <ReceiptView first={receipt} keepServingHours={apiKey.keep_serving_hours} />
    </Dialog>
  );
}

interface ConfirmationProps extends RevokeKeyDialogProps {
  readonly onRevoked: (receipt: Receipt) => void;
}

function Confirmation({ apiKey, onClose, onRevoked }: ConfirmationProps) {
  const { workspaceId } = useWorkspace();
  const revoke = useRevokeApiKey(workspaceId);
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Revoke “${apiKey.name}”?`}
      size="small"
      initialFocus={cancel}
      footer={
        <>
          <Button ref={cancel} onClick={onClose}>
            Cancel
          </Button>
          <Button
            variant="danger"
            isBusy={revoke.isPending}
            onClick={() => revoke.mutate(apiKey.apikey_id, { onSuccess: onRevoked })}
          >
            Revoke key
          </Button>
        </>
      }
    >
      <p>
        The key stops at once, with every temporary key made with it. Live sessions opened with them end. This
        cannot be undone.
      </p>
      {apiKey.last_used_at === undefined ? (
        <p>It was never used.</p>
      ) : (
        <Notice tone="warning">
          <p>
            Last used <Time value={apiKey.last_used_at} />. A program that still has it will be refused.
          </p>
        </Notice>
      )}
      <FormProblem problem={revoke.error} />
    </Dialog>
  );
}
