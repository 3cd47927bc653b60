-- Real-time sessions a workspace may have open at once in an environment; null: the limit of the installation.
alter table workspaces add column max_sessions integer check (max_sessions >= 0);

-- Open real-time sessions, each a slot of its workspace for as long as its node lives (usage/sessions).
create table realtime_sessions (
  environment text not null,
  session_id text not null,
  node_id text not null,
  workspace_id text not null,
  project_id integer not null,
  api_key_id text not null,
  client_ref text,
  token_id text,
  -- Seconds of audio that its workspace and its temporary key were charged in advance, and when they last were.
  granted_seconds double precision not null,
  granted_at timestamptz not null,
  -- What it has used, as last written down: this is counted should its node die.
  language text not null default '',
  operating_point text not null default '',
  audio_seconds double precision not null default 0,
  primary key (environment, session_id)
);
create index realtime_sessions_by_workspace on realtime_sessions (environment, workspace_id);
