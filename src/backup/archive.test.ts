import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArchiveWriter, BackupError, readArchive, textOf, writeArchive } from './archive.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-archive-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe('archives that are written to one path at the same time', () => {
  it('do not take each other’s: one is there whole, the other is told so', async () => {
    const path = join(directory, 'backup.tar.gz');
    let isOver = () => {};
    const over = new Promise<void>((resolve) => {
      isOver = resolve;
    });
    const add = (archive: ArchiveWriter) => archive.add('a', Buffer.from('whole'));
    // Under way when the other begins, and when it ends.
    const slow = writeArchive(path, (archive) => over.then(() => add(archive)));
    await writeArchive(path, add);
    isOver();
    await expect(slow).rejects.toThrow(BackupError);
    const found: string[] = [];
    await readArchive(path, async (entry) => void found.push(await textOf(entry)));
    expect(found).toEqual(['whole']);
    expect(await readdir(directory)).toEqual(['backup.tar.gz']);
  });
});
