import { useEffect, useState } from 'react';
import type { Product } from '../../samples/endpoints.ts';
import { webSocketUrl } from '../../samples/endpoints.ts';
import { MintingCode } from '../../samples/minting-code.tsx';
import { Button } from '../../ui/button/button.tsx';
import { SecretValue } from '../../ui/code/secret-value.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Dialog } from '../../ui/overlay/dialog.tsx';
import { claimsOf } from '../claims.ts';
import { EveryoneWarning } from '../everyone-warning.tsx';
import { payloadOf } from '../inspect/decode.ts';
import { SentenceList } from '../sentence-list.tsx';
import { reachesEveryone, sentencesOf } from '../sentences.ts';
import styles from './create.module.css';
import type { requestOf } from './form-values.ts';

interface MadeKeyProps {
  readonly value: string;
  readonly product: Product;
  readonly body: ReturnType<typeof requestOf>;
  readonly onClose: () => void;
}

/** A temporary key that was just made, shown once, with what it allows and how long it lasts. */
export function MadeKey({ value, product, body, onClose }: MadeKeyProps) {
  const claims = claimsOf(payloadOf(value));
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Temporary key created"
      size="large"
      footer={
        <Button variant="primary" onClick={onClose}>
          Close
        </Button>
      }
    >
      <SecretValue label="temporary key" value={value} warning="It is shown this once." />
      <Countdown seconds={body.ttl} />
      <p>
        {product === 'batch' ? (
          <>
            Send it in the header <code>Authorization: Bearer</code> of every request.
          </>
        ) : (
          <>
            Connect to <code>{webSocketUrl(window.location.origin)}?jwt=</code> with the key behind it, as the
            official clients do.
          </>
        )}
      </p>
      {claims === undefined ? null : (
        <section className={styles.part} aria-label="What the key allows">
          <h3>What it allows</h3>
          <SentenceList sentences={sentencesOf({ ...claims, ttlSeconds: claims.exp - claims.iat })} />
          {reachesEveryone(claims) ? <EveryoneWarning /> : null}
        </section>
      )}
      <section className={styles.part} aria-label="The request for this key">
        <h3>From your own server</h3>
        <MintingCode product={product} body={body} />
      </section>
    </Dialog>
  );
}

/** Counts from when it is shown, so that a wrong clock of this computer does not matter. */
function Countdown({ seconds }: { readonly seconds: number }) {
  const [end] = useState(() => performance.now() + seconds * 1000);
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((end - performance.now()) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [end]);
  return (
    <div>
      {left === 0 ? null : (
        <p className={styles.countdown} role="timer">
          Ends in {clock(left)}
        </p>
      )}
      <div role="status">
        {left === 0 ? <Notice tone="warning">This key has ended. Create another one.</Notice> : null}
      </div>
    </div>
  );
}

/** "9:59", "1:00:00". */
function clock(seconds: number): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = two(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${two(minutes)}:${rest}`;
}
