import { Toast as Base } from '@base-ui/react/toast';
import { IconButton } from '../button/icon-button.tsx';
import { CheckIcon, CloseIcon, WarningIcon } from '../icons/icons.tsx';
import styles from './overlay.module.css';

const manager = Base.createToastManager();

/** Says in the corner that something was done: `toast.done('Key revoked.')`. Failures belong beside their cause. */
export const toast = {
  done: (words: string): void => {
    manager.add({ title: words, type: 'done' });
  },
  failed: (words: string): void => {
    manager.add({ title: words, type: 'failed', priority: 'high', timeout: 10_000 });
  },
};

/** Where toasts appear; once in the application. */
export function Toasts() {
  return (
    <Base.Provider toastManager={manager} limit={3}>
      <Base.Portal>
        <Base.Viewport className={styles.toasts}>
          <ToastList />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function ToastList() {
  const { toasts } = Base.useToastManager();
  return toasts.map((item) => (
    <Base.Root key={item.id} toast={item} className={styles.toast}>
      <Base.Content className={styles.toastContent}>
        <span className={styles.toastIcon} data-type={item.type}>
          {item.type === 'failed' ? <WarningIcon /> : <CheckIcon />}
        </span>
        <Base.Title className={styles.toastTitle} render={<p />} />
        <Base.Close render={<IconButton label="Dismiss" icon={<CloseIcon />} size="small" />} />
      </Base.Content>
    </Base.Root>
  ));
}
