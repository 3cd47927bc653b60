import { readdirSync } from 'node:fs';
import path from 'node:path';

/** The files below a folder, as paths within it; none where there is no folder. Others may write and remove there. */
export function filesBelow(root: string): string[] {
  const paths: string[] = [];
  for (const entry of entriesOf(root)) {
    if (entry.isFile()) paths.push(entry.name);
    if (entry.isDirectory())
      paths.push(...filesBelow(path.join(root, entry.name)).map((file) => path.join(entry.name, file)));
  }
  return paths.sort();
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // gone since it was seen
    throw error;
  }
}
