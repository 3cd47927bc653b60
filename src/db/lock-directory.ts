import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from 'fs-native-extensions';

/** Holds a directory for this process; the kernel lets go when the process ends, however it ends. */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = await open(join(directory, 'lock'), 'a');
  if (!tryLock(file.fd)) {
    await file.close();
    throw new Error(
      `${directory} is in use by another process, such as a server: stop that first, or give this one a data directory of its own`,
    );
  }
  return { release: () => file.close() };
}
