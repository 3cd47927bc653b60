import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import { CheckIcon } from '../icons/icons.tsx';
import styles from './overlay.module.css';

export interface MenuAction {
  readonly label: ReactNode;
  readonly icon?: ReactNode;
  readonly onSelect: () => void;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  /** Marks the one of several that is chosen now. */
  readonly isChecked?: boolean;
}

interface MenuGroup {
  readonly label?: string;
  readonly actions: readonly MenuAction[];
}

interface MenuProps {
  /** The button that opens the menu, with a name of its own. */
  readonly trigger: ReactElement<Record<string, unknown>>;
  /** Groups with a line between them. */
  readonly groups: readonly MenuGroup[];
  readonly align?: 'start' | 'end';
  readonly header?: ReactNode;
}

/** A menu of actions. */
export function Menu({ trigger, groups, align = 'end', header }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      {/* Everything on a page is within a landmark; menus are drawn outside those of the page. */}
      <Base.Portal render={<section aria-label="Menu" />}>
        <Base.Positioner align={align} sideOffset={4} className={styles.positioner}>
          <Base.Popup className={styles.menu}>
            {header === undefined ? null : <div className={styles.menuHeader}>{header}</div>}
            {groups.map((group, index) => (
              <Base.Group key={group.label ?? String(index)} className={styles.menuGroup}>
                {group.label === undefined ? null : (
                  <Base.GroupLabel className={styles.menuLabel}>{group.label}</Base.GroupLabel>
                )}
                {group.actions.map((action, place) => (
                  <MenuItem key={String(place)} action={action} />
                ))}
              </Base.Group>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function MenuItem({ action }: { readonly action: MenuAction }) {
  return (
    <Base.Item
      className={styles.menuItem}
      data-danger={action.isDanger || undefined}
      disabled={action.isDisabled ?? false}
      onClick={action.onSelect}
    >
      {action.icon}
      <span className={styles.menuWords}>{action.label}</span>
      {action.isChecked ? <CheckIcon /> : null}
    </Base.Item>
  );
}
