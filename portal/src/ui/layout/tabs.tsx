import { Tabs as Base } from '@base-ui/react/tabs';
import type { ReactNode } from 'react';
import styles from './tabs.module.css';

interface Tab {
  readonly value: string;
  readonly label: ReactNode;
  readonly content: ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  /** Without it the tabs keep their own state, and the first is open. */
  readonly value?: string;
  readonly onValueChange?: (value: string) => void;
}

/** Tabs with their panels. */
export function Tabs({ label, tabs, value, onValueChange }: TabsProps) {
  const state = value === undefined ? { defaultValue: tabs[0]?.value } : { value };
  return (
    <Base.Root {...state} onValueChange={(next) => onValueChange?.(String(next))}>
      <Base.List className={styles.list} aria-label={label}>
        {tabs.map((tab) => (
          <Base.Tab key={tab.value} value={tab.value} className={styles.tab}>
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.value} value={tab.value} className={styles.panel}>
          {tab.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
