import { RealtimeContext } from '@speechmatics/real-time-client-react';
import { useQuery } from '@tanstack/react-query';
import { useContext, useState } from 'react';
import { useChosenProject } from '../shell/workspace/projects.ts';
import { useWorkspace } from '../shell/workspace/use-workspace.ts';
import { EmptyState } from '../ui/feedback/empty-state.tsx';
import { MicrophoneIcon } from '../ui/icons/icons.tsx';
import { Card } from '../ui/layout/card.tsx';
import { FaultNotice } from './controls/fault-notice.tsx';
import { OptionsCard } from './controls/options-card.tsx';
import { SessionCard } from './controls/session-card.tsx';
import { QuietHint } from './controls/session-status.tsx';
import { type ChosenSource, type SourceKind, useSource } from './controls/use-source.ts';
import styles from './live.module.css';
import { type Language, languagesQuery } from './session/features.ts';
import { DEFAULT_OPTIONS, type SessionOptions, transcriptionConfig } from './session/session-options.ts';
import { type LiveSession, useLiveSession } from './session/use-live-session.ts';
import { TranscriptActions } from './transcript/transcript-actions.tsx';
import { TranscriptView } from './transcript/transcript-view.tsx';
import { type HeardSessions, useHeard } from './transcript/use-heard.ts';

/** @param onStuck see `useLiveSession` */
export function LiveConsole({ onStuck }: { readonly onStuck: () => void }) {
  const { workspaceId } = useWorkspace();
  const project = useChosenProject();
  const scope = { workspaceId, projectId: project?.project_id ?? 0, product: 'rt' as const };
  const session = useLiveSession(scope, onStuck);
  const heard = useHeard();
  const source = useSource();
  const { data: languages = [] } = useQuery(languagesQuery);
  const [options, changeOptions] = useOptions(languages, session.phase === 'listening');

  const start = () => {
    const opened = source.create();
    if (opened === undefined) return;
    heard.begin(opened.name, transcriptionConfig(options));
    void session.start(opened, options);
  };
  return (
    <div className={styles.console}>
      <div className={styles.main}>
        <SessionCard
          session={session}
          source={source}
          isReady={project !== undefined && languages.length > 0 && source.isReady}
          onStart={start}
        />
        <Notices session={session} source={source} heard={heard} />
        <TranscriptCard
          heard={heard}
          phase={session.phase}
          kind={source.kind}
          hasPartials={options.hasPartials}
        />
      </div>
      <OptionsCard
        options={options}
        languages={languages}
        onOptionsChange={changeOptions}
        isRunning={session.phase !== 'idle'}
      />
    </div>
  );
}

/** The options, and how to change them: the server is told at once where a session runs. */
function useOptions(languages: readonly Language[], isListening: boolean) {
  const client = useContext(RealtimeContext)?.client;
  const [chosen, setOptions] = useState<SessionOptions>(DEFAULT_OPTIONS);
  const options = { ...chosen, language: offered(languages, chosen.language) };
  const change = (part: Partial<SessionOptions>) => {
    const next = { ...options, ...part };
    setOptions(next);
    if (isListening) client?.setRecognitionConfig(transcriptionConfig(next));
  };
  return [options, change] as const;
}

const offered = (languages: readonly Language[], wanted: string): string =>
  (languages.find(({ code }) => code === wanted) ?? languages[0])?.code ?? wanted;

interface NoticesProps {
  readonly session: LiveSession;
  readonly source: ChosenSource;
  readonly heard: HeardSessions;
}

function Notices({ session, source, heard }: NoticesProps) {
  const { phase, fault, gauge } = session;
  const hasWords = heard.sessions.some(({ results, partial }) => results.length > 0 || partial !== '');
  if (phase === 'listening' && source.kind === 'microphone') return <QuietHint gauge={gauge} />;
  const shown = phase === 'idle' ? (source.obstacle ?? fault) : undefined;
  return shown === undefined ? null : <FaultNotice fault={shown} hasWords={hasWords} />;
}

const HOW_TO_BEGIN: Readonly<Record<SourceKind, string>> = {
  microphone: 'Press Start, and speak.',
  file: 'Choose a file, and press Start.',
};

interface TranscriptCardProps {
  readonly heard: HeardSessions;
  readonly phase: LiveSession['phase'];
  readonly kind: SourceKind;
  readonly hasPartials: boolean;
}

function TranscriptCard({ heard, phase, kind, hasPartials }: TranscriptCardProps) {
  const { sessions, clear } = heard;
  return (
    <Card
      isFlush
      title="Transcript"
      actions={<TranscriptActions sessions={sessions} mayClear={phase === 'idle'} onClear={clear} />}
      footer={
        <p className={styles.legend}>
          Grey words may still change. Words with a dotted line are uncertain. Point at a word to see its
          time.
        </p>
      }
    >
      <TranscriptView sessions={sessions} hasPartials={hasPartials}>
        <EmptyState icon={<MicrophoneIcon size={20} />} title="Nothing heard yet">
          {phase === 'listening' ? 'Words appear here while they are spoken.' : HOW_TO_BEGIN[kind]}
        </EmptyState>
      </TranscriptView>
    </Card>
  );
}
