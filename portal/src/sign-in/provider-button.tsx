import { useMutation } from '@tanstack/react-query';
import { answerOf, api } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { FormProblem } from '../form/form-problem.tsx';
import { Button } from '../ui/button/button.tsx';
import { Stack } from '../ui/layout/stack.tsx';

interface ProviderButtonProps {
  /** The page of the portal to come back to, `/sign-in` for example. */
  readonly returnTo: string;
  /** Just before the browser leaves. */
  readonly onLeave?: () => void;
}

/** Signs in with the provider of this installation; nothing where there is none. */
export function ProviderButton({ returnTo, onLeave }: ProviderButtonProps) {
  const { oidc } = useSession();
  const start = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/portal/api/sign-in/oidc', { body: { return_path: `/portal${returnTo}` } })),
    onSuccess: ({ url }) => {
      onLeave?.();
      window.location.assign(url);
    },
  });
  if (oidc === null) return null;
  return (
    <Stack gap={3}>
      <FormProblem problem={start.error} />
      <Button isWide isBusy={start.isPending || start.isSuccess} onClick={() => start.mutate()}>
        Continue with {oidc.name}
      </Button>
    </Stack>
  );
}

const FAULTS: Readonly<Record<string, string>> = {
  account_not_linked: 'There is an account with your email here already. Sign in with its password.',
  signup_disabled: 'You have no account here. Ask an admin of your workspace for an invitation.',
  access_denied: 'You have cancelled signing in.',
};

/** Why the provider sent the browser back without signing it in. */
export const providerFault = (error: string): string =>
  FAULTS[error] ?? 'Signing in did not work. Try again.';
