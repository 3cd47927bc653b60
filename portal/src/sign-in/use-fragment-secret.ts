import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

/**
 * The secret in the fragment of a link; neither the address bar nor the browser's history keeps it.
 * @param initial what to begin with when the address has none
 */
export function useFragmentSecret(page: '/invitation' | '/reset-password', initial = ''): string {
  const fragment = useLocation({ select: (location) => location.hash });
  const navigate = useNavigate();
  const [secret, setSecret] = useState(fragment === '' ? initial : fragment);
  // Another link may be pasted while this page is open.
  if (fragment !== '' && fragment !== secret) setSecret(fragment);
  useEffect(() => {
    if (fragment !== '') void navigate({ to: page, hash: '', replace: true });
  }, [fragment, navigate, page]);
  return secret;
}
