import { type DragEvent, useRef, useState } from 'react';
import { Button } from '../ui/button/button.tsx';
import { UploadIcon } from '../ui/icons/icons.tsx';
import styles from './start.module.css';

interface DropZoneProps {
  readonly onFiles: (files: readonly File[]) => void;
}

/** Takes recordings by drag and drop, or by the browser's own choice of files. */
export function DropZone({ onFiles }: DropZoneProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const hand = (files: FileList | null) => {
    if (files !== null && files.length > 0) onFiles([...files]);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    hand(event.dataTransfer.files);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut; the button inside does the same
    <div
      className={styles.drop}
      data-is-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <span className={styles.dropWords}>Drop a recording here, or</span>
      <Button variant="primary" icon={<UploadIcon />} onClick={() => input.current?.click()}>
        Choose a file
      </Button>
      <input
        ref={input}
        type="file"
        accept="audio/*,video/*"
        multiple
        hidden
        aria-label="Recordings"
        onChange={(event) => hand(event.currentTarget.files)}
      />
    </div>
  );
}
