import { useMutation } from '@tanstack/react-query';
import { Button } from '../../ui/button/button.tsx';
import { ChevronDownIcon, DownloadIcon } from '../../ui/icons/icons.tsx';
import { Menu } from '../../ui/overlay/menu.tsx';
import { toast } from '../../ui/overlay/toast.tsx';
import { type Job, type JobScope, nameOf } from '../job.ts';
import { type TranscriptFormat, transcriptFile } from './job-queries.ts';

interface DownloadMenuProps {
  readonly scope: JobScope;
  readonly job: Job;
  readonly hasTranscript: boolean;
  /** Where the recording is, if it still is. */
  readonly recordingUrl: string | undefined;
}

const FORMATS: readonly {
  readonly format: TranscriptFormat;
  readonly label: string;
  readonly ending: string;
}[] = [
  { format: 'txt', label: 'Text (.txt)', ending: 'txt' },
  { format: 'srt', label: 'Subtitles (.srt)', ending: 'srt' },
  { format: 'json-v2', label: 'Words with times (json-v2)', ending: 'json' },
];

/** The transcript in each of its formats, and the recording. */
export function DownloadMenu({ scope, job, hasTranscript, recordingUrl }: DownloadMenuProps) {
  const download = useMutation({
    mutationFn: async ({ format, ending }: (typeof FORMATS)[number]) => {
      const file = await transcriptFile(scope, job.id, format);
      save(URL.createObjectURL(file), `${stemOf(nameOf(job))}.${ending}`);
    },
    onError: (problem) => toast.failed(problem.message),
  });
  const transcripts = FORMATS.map((entry) => ({
    label: entry.label,
    onSelect: () => download.mutate(entry),
  }));
  const recording = {
    label: 'Recording',
    // The server gives the file its name.
    onSelect: () => save(recordingUrl ?? '', job.data_name),
    isDisabled: recordingUrl === undefined,
  };
  return (
    <Menu
      trigger={
        <Button icon={<DownloadIcon />} isBusy={download.isPending}>
          Download
          <ChevronDownIcon />
        </Button>
      }
      groups={[
        ...(hasTranscript ? [{ label: 'Transcript', actions: transcripts }] : []),
        { label: 'Audio', actions: [recording] },
      ]}
    />
  );
}

/** The name of the file without its ending. */
const stemOf = (name: string): string =>
  name.replace(/^.*[/\\]/, '').replace(/\.[A-Za-z0-9]{1,5}$/, '') || 'transcript';

const KEPT_MILLISECONDS = 60_000;

function save(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  if (url.startsWith('blob:')) setTimeout(() => URL.revokeObjectURL(url), KEPT_MILLISECONDS);
}
