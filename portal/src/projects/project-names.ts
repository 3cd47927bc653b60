import { textError } from '../form/rules.ts';
import type { Project } from '../shell/workspace/projects.ts';

const NAME_MAX = 120;

/** What is wrong with the name of a project. Two of one name could not be told apart where one is chosen. */
export function projectNameError(value: string, others: readonly Project[]): string | undefined {
  const name = asShown(value).toLowerCase();
  const isTaken = others.some((project) => asShown(project.name).toLowerCase() === name);
  return (
    textError(value, 'a name', NAME_MAX) ??
    (isTaken ? 'A project of this name exists already. Choose another name.' : undefined)
  );
}

/** A text as the page draws it and a person types it: white space in a row is one space. */
export const asShown = (text: string): string => text.replace(/\s+/g, ' ').trim();
