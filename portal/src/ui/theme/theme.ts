import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'system' | 'light' | 'dark';

const STORED_AS = 'parley.theme';
const listeners = new Set<() => void>();
let current: ThemeChoice = storedChoice();

/** Puts the kept choice on the page; called before the first thing is drawn. */
export function applyTheme(): void {
  const root = document.documentElement;
  if (current === 'system') root.removeAttribute('data-theme');
  else root.setAttribute('data-theme', current);
}

export function chooseTheme(choice: ThemeChoice): void {
  current = choice;
  applyTheme();
  try {
    localStorage.setItem(STORED_AS, choice);
  } catch {
    // A browser that keeps nothing still shows the choice until the page is closed.
  }
  for (const listener of listeners) listener();
}

export const useTheme = (): ThemeChoice =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );

function storedChoice(): ThemeChoice {
  try {
    const stored = localStorage.getItem(STORED_AS);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
}
