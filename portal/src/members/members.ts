import { queryOptions } from '@tanstack/react-query';
import { type Answer, answerOf, api } from '../api/client.ts';

export type Member = Answer<'/portal/api/workspaces/{workspace_id}/members', 'get'>[number];
export type Role = Member['role'];
export type Invitation = Answer<'/portal/api/workspaces/{workspace_id}/invitations', 'get'>[number];

export const membersQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'members'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/members', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });

/** Links that were not used yet; for admins alone. */
export const invitationsQuery = (workspaceId: string) =>
  queryOptions({
    queryKey: ['workspaces', workspaceId, 'invitations'],
    queryFn: ({ signal }) =>
      answerOf(
        api.GET('/portal/api/workspaces/{workspace_id}/invitations', {
          params: { path: { workspace_id: workspaceId } },
          signal,
        }),
      ),
  });

/** A workspace never loses its last admin while it has other members. */
export const isOnlyAdmin = (member: Member, members: readonly Member[]): boolean =>
  member.role === 'admin' && members.every((each) => each === member || each.role !== 'admin');

/** The choice between the roles, with what each may do. */
export const ROLE_CHOICES: readonly { value: Role; label: string; hint: string }[] = [
  {
    value: 'member',
    label: 'Member',
    hint: 'Transcribes, creates and revokes API keys, and sees projects, members and usage.',
  },
  {
    value: 'admin',
    label: 'Admin',
    hint: 'Also changes projects, members, management tokens and settings, and reads the audit log.',
  },
];

export const roleName = (role: Role): string => (role === 'admin' ? 'Admin' : 'Member');
