import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../../shell/workspace/projects.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { CodeBlock } from '../../ui/code/code-block.tsx';
import { Badge } from '../../ui/data/badge.tsx';
import { DescriptionList } from '../../ui/data/description-list.tsx';
import { Time } from '../../ui/data/time.tsx';
import { Notice } from '../../ui/feedback/notice.tsx';
import { Row, Stack } from '../../ui/layout/stack.tsx';
import type { Claims } from '../claims.ts';
import { EveryoneWarning } from '../everyone-warning.tsx';
import { SentenceList } from '../sentence-list.tsx';
import { duration, reachesEveryone, sentencesOf } from '../sentences.ts';
import { decode } from './decode.ts';
import styles from './inspect.module.css';
import { useKeyName } from './key-name.ts';

/** What can be said of a key by looking at it. */
export function DecodedKey({ text }: { readonly text: string }) {
  const decoded = decode(text);
  if (decoded.kind !== 'temporary-key') return <Notice>{SHAPES[decoded.kind]}</Notice>;
  return <TemporaryKey claims={decoded.claims} payload={decoded.payload} />;
}

const SHAPES = {
  'api-key':
    'This is an API key. It says nothing about itself: check it with the server to learn whether it works and which project it opens.',
  'management-token':
    'This is a management token. It administers the workspace and opens no jobs and no sessions.',
  'operator-token':
    'This is an operator token. It administers the whole installation: keep it out of browsers.',
  'foreign-token':
    'This is a JWT, but not a temporary key of Parley: it does not say which product it opens.',
  'foreign-key':
    'This may be a key of another system that was taken over. Only the server knows: check it there.',
  unreadable:
    'This has the shape of no key. It may have been cut: an API key has 43 characters and begins with ply_, a temporary key has three parts with dots between.',
} as const;

interface TemporaryKeyProps {
  readonly claims: Claims;
  readonly payload: object;
}

function TemporaryKey({ claims, payload }: TemporaryKeyProps) {
  return (
    <Stack gap={4}>
      <Row>
        <h3>{claims.aud === 'batch' ? 'Temporary key for batch' : 'Temporary key for real time'}</h3>
        <TimeBadge claims={claims} />
      </Row>
      <SentenceList sentences={sentencesOf({ ...claims, ttlSeconds: claims.exp - claims.iat })} />
      {reachesEveryone(claims) ? <EveryoneWarning /> : null}
      <Facts claims={claims} />
      <p className={styles.note}>
        This is what the key says. Whether it is genuine and still accepted, only the server knows.
      </p>
      <details className={styles.claims}>
        <summary>All claims</summary>
        <CodeBlock label="Claims" samples={[{ language: 'JSON', code: JSON.stringify(payload, null, 2) }]} />
      </details>
    </Stack>
  );
}

function TimeBadge({ claims: { iat, exp } }: { readonly claims: Claims }) {
  const now = Date.now() / 1000;
  if (exp <= now) return <Badge tone="danger">Expired</Badge>;
  if (iat > now + CLOCK_TOLERANCE_SECONDS) return <Badge tone="warning">Not valid yet</Badge>;
  return <Badge tone="success">Not expired</Badge>;
}

const CLOCK_TOLERANCE_SECONDS = 5;

function Facts({ claims }: { readonly claims: Claims }) {
  const { workspaceId } = useWorkspace();
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  const keyName = useKeyName(claims.akid);
  const project = projects.find(({ project_id }) => String(project_id) === claims.sub);
  return (
    <DescriptionList
      items={[
        { label: 'Made', value: <Instant seconds={claims.iat} /> },
        {
          label: 'Expires',
          value: (
            <>
              <Instant seconds={claims.exp} />, after {duration(claims.exp - claims.iat)}
            </>
          ),
        },
        { label: 'Project', value: project?.name ?? `None of this workspace (${claims.sub ?? 'not said'})` },
        { label: 'Made with', value: keyName ?? 'The portal, or an API key that is no longer listed' },
        { label: 'Id', value: <code className={styles.id}>{claims.jti ?? 'None'}</code> },
      ]}
    />
  );
}

function Instant({ seconds }: { readonly seconds: number }) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return <span>{seconds}</span>;
  return <Time value={date.toISOString()} format="full" />;
}
