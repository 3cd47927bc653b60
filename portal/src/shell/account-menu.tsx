import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { answerOf, api } from '../api/client.ts';
import { MoreIcon, PersonIcon, SignOutIcon } from '../ui/icons/icons.tsx';
import { VisuallyHidden } from '../ui/layout/visually-hidden.tsx';
import { Menu } from '../ui/overlay/menu.tsx';
import { toast } from '../ui/overlay/toast.tsx';
import styles from './layout.module.css';
import { useSignedIn } from './session/signed-in.tsx';

/** Who is signed in, with the way to the account and out. */
export function AccountMenu({ onNavigate }: { readonly onNavigate?: () => void }) {
  const { account } = useSignedIn();
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => answerOf(api.POST('/portal/api/sign-out')),
    // Loading the page anew leaves nothing of the session in memory.
    onSuccess: () => window.location.assign('/portal/sign-in'),
    onError: (problem) => toast.failed(problem.message),
  });
  const openAccount = () => {
    onNavigate?.();
    void navigate({ to: '/account' });
  };
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" className={styles.account}>
          <VisuallyHidden>Account: </VisuallyHidden>
          <PersonIcon />
          <span className={styles.switcherName}>{account.name}</span>
          <MoreIcon />
        </button>
      }
      header={
        <>
          <p className={styles.menuName}>{account.name}</p>
          <p className={styles.menuEmail}>{account.email}</p>
        </>
      }
      groups={[
        {
          actions: [
            { label: 'Account', icon: <PersonIcon />, onSelect: openAccount },
            { label: 'Sign out', icon: <SignOutIcon />, onSelect: () => signOut.mutate() },
          ],
        },
      ]}
    />
  );
}
