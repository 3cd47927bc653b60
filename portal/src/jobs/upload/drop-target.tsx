import { UploadIcon } from '../../ui/icons/icons.tsx';
import styles from './upload.module.css';
import { useFileDrop } from './use-file-drop.ts';

/** Makes the whole page a place to drop recordings on, and says so while some are held over it. */
export function DropTarget({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const isOver = useFileDrop(onFiles);
  if (!isOver) return null;
  return (
    <div className={styles.target}>
      <div className={styles.targetWords}>
        <UploadIcon size={24} />
        <p>Drop the recordings to transcribe them</p>
      </div>
    </div>
  );
}
