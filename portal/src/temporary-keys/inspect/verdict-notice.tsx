import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../../shell/workspace/projects.ts';
import { useWorkspace } from '../../shell/workspace/use-workspace.ts';
import { Notice } from '../../ui/feedback/notice.tsx';
import type { Verdict } from './inspections.ts';
import { useKeyName } from './key-name.ts';
import { remedyOf } from './remedies.ts';

/** Whether the server accepts a key now, and why not. */
export function VerdictNotice({ verdict }: { readonly verdict: Verdict }) {
  if (verdict.accepted) {
    return (
      <Notice tone="success" title="Accepted: this key works now">
        <AcceptedFor verdict={verdict} />
      </Notice>
    );
  }
  const { reason = '', explanation = 'The server gives no reason.' } = verdict;
  return (
    <Notice tone="danger" title="Refused: this key does not work">
      <p>{explanation}</p>
      <p>{remedyOf(reason)}</p>
    </Notice>
  );
}

function AcceptedFor({ verdict: { project_id, apikey_id } }: { readonly verdict: Verdict }) {
  const { workspaceId } = useWorkspace();
  const { data: projects = [] } = useQuery(projectsQuery(workspaceId));
  const name = useKeyName(apikey_id);
  const project = projects.find((each) => each.project_id === project_id)?.name;
  return (
    <p>
      {project === undefined ? null : `It opens the project ${project}. `}
      {name === undefined ? null : `Its API key is ${name}.`}
    </p>
  );
}
