import { Notice } from '../ui/feedback/notice.tsx';

/** What the documentation of such keys says about those without a client_ref. */
export function EveryoneWarning() {
  return (
    <Notice tone="danger" title="Not for end users: this key has no client_ref">
      <p>
        Whoever holds it can read and delete the jobs of all your users. A batch key that reaches a browser, a
        phone or any other program of an end user must have a client_ref.
      </p>
    </Notice>
  );
}
