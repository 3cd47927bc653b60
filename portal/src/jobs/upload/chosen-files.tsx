import { useId, useRef } from 'react';
import { Button } from '../../ui/button/button.tsx';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { FieldError } from '../../ui/field/field.tsx';
import { CloseIcon, UploadIcon } from '../../ui/icons/icons.tsx';
import { sizeWords } from '../job.ts';
import styles from './upload.module.css';
import { useFileDrop } from './use-file-drop.ts';

interface ChosenFilesProps {
  readonly files: readonly File[];
  readonly error: string | undefined;
  readonly onChange: (files: readonly File[]) => void;
}

/** The place to drop files on, and those chosen so far. */
export function ChosenFiles({ files, error, onChange }: ChosenFilesProps) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const add = (more: readonly File[]) =>
    onChange([...files, ...more.filter((file) => !isAmong(files, file))]);
  const isOver = useFileDrop(add);
  const ties = {
    'aria-describedby': error === undefined ? undefined : `${id}error`,
    'aria-invalid': error === undefined ? undefined : true,
  };
  return (
    <div className={styles.chosen}>
      <div className={styles.zone} data-is-over={isOver}>
        <Button icon={<UploadIcon />} onClick={() => input.current?.click()} {...ties}>
          {files.length === 0 ? 'Choose files' : 'Choose more files'}
        </Button>
        <span className={styles.zoneWords}>
          or drop them here: WAV, MP3, AAC, OGG, M4A, MP4, FLAC, AMR, WebM
        </span>
        <FileInput ref={input} onFiles={add} />
      </div>
      <FieldError id={`${id}error`} error={error} />
      {files.length === 0 ? null : (
        <ul className={styles.files} aria-label="Chosen files">
          {files.map((file) => (
            <li key={keyOf(file)} className={styles.file}>
              <bdi className={styles.fileName}>{file.name}</bdi>
              <span className={styles.fileSize}>{sizeWords(file.size)}</span>
              <IconButton
                label={`Remove ${file.name}`}
                icon={<CloseIcon />}
                size="small"
                onClick={() => onChange(files.filter((each) => each !== file))}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface FileInputProps {
  readonly ref: React.Ref<HTMLInputElement>;
  readonly onFiles: (files: readonly File[]) => void;
}

/** The browser's own choice of files, behind a button that looks like the others. */
function FileInput({ ref, onFiles }: FileInputProps) {
  return (
    <input
      ref={ref}
      type="file"
      multiple
      accept="audio/*,video/*,.amr,.flac,.ogg,.opus,.m4a"
      className={styles.input}
      tabIndex={-1}
      aria-label="Recordings"
      onChange={(event) => {
        onFiles([...(event.currentTarget.files ?? [])]);
        // So that the same file can be chosen once more after it was removed.
        event.currentTarget.value = '';
      }}
    />
  );
}

const keyOf = ({ name, size, lastModified }: File): string => `${name}/${size}/${lastModified}`;
const isAmong = (files: readonly File[], file: File): boolean =>
  files.some((each) => keyOf(each) === keyOf(file));
