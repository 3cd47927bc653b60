import { Button } from '../../ui/button/button.tsx';
import { CopyButton } from '../../ui/button/copy-button.tsx';
import { IconButton } from '../../ui/button/icon-button.tsx';
import { CopyIcon, DownloadIcon, TrashIcon } from '../../ui/icons/icons.tsx';
import type { Heard } from './heard.ts';
import { asJson, asText, fileName, saveFile } from './transcript-file.ts';

interface TranscriptActionsProps {
  readonly sessions: readonly Heard[];
  readonly mayClear: boolean;
  readonly onClear: () => void;
}

/** What can be done with what was heard. Nothing moves when the first word comes. */
export function TranscriptActions({ sessions, mayClear, onClear }: TranscriptActionsProps) {
  const first = sessions.find(({ results }) => results.length > 0);
  const save = (extension: 'txt' | 'json', type: string, text: string) =>
    saveFile(fileName(first?.startedAt ?? new Date(), extension), type, text);
  return (
    <>
      {first === undefined ? (
        <Button size="small" icon={<CopyIcon />} disabled>
          Copy
        </Button>
      ) : (
        <CopyButton text={asText(sessions)} />
      )}
      <Button
        size="small"
        icon={<DownloadIcon />}
        aria-label="Download as text"
        disabled={first === undefined}
        onClick={() => save('txt', 'text/plain', `${asText(sessions)}\n`)}
      >
        Text
      </Button>
      <Button
        size="small"
        icon={<DownloadIcon />}
        aria-label="Download as JSON"
        disabled={first === undefined}
        onClick={() => save('json', 'application/json', asJson(sessions))}
      >
        JSON
      </Button>
      <IconButton
        size="small"
        label="Clear the transcript"
        icon={<TrashIcon />}
        disabled={first === undefined || !mayClear}
        onClick={onClear}
      />
    </>
  );
}
