import type { Page } from 'playwright-core';
import { PASSWORD } from '../../helpers/portal.ts';

/** Answers the dialog that lies over a page whose session has run out. */
export async function signInAgain(page: Page): Promise<void> {
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'hidden' });
}
