-- breaking

-- Every change of an identity row has a number, in the order of commits: this row stays locked until the change
-- commits. It also holds the end of the audit log, which grows under the same lock. Numbers are double precision
-- because they are exact to 2^53 and every driver reads them as numbers.
create table identity_head (
  only_row boolean primary key default true check (only_row),
  version double precision not null,
  audit_sequence double precision not null,
  audit_hash bytea not null
);
insert into identity_head values (true, 0, 0, decode(repeat('00', 32), 'hex'));

-- Told with its number, so that a node knows what it has applied. Row triggers: they fire for replicated rows too.
create or replace function notify_identity_changed() returns trigger language plpgsql as $$
declare
  stamp double precision;
begin
  update identity_head set version = version + 1 returning version into stamp;
  perform pg_notify('identity_changed', concat_ws(':', tg_table_name,
    coalesce(to_jsonb(new) ->> tg_argv[0], to_jsonb(old) ->> tg_argv[0]), stamp::bigint));
  return null;
end $$;

-- A node that has answered "unknown" must hear of the key that is made after.
create trigger api_keys_created after insert on api_keys
  for each row execute function notify_identity_changed('api_key_id');

alter table workspaces
  -- Quotas; null: none.
  add column max_running_jobs integer check (max_running_jobs >= 0),
  add column monthly_audio_hours double precision check (monthly_audio_hours >= 0);

alter table api_keys
  add column is_imported boolean not null default false,
  -- How long the key may be served from memory when neither the feed nor the database can be reached; 0: not at all.
  add column keep_serving_hours integer not null default 0 check (keep_serving_hours between 0 and 168),
  -- The key this one replaces.
  add column rotated_from text;
create index api_keys_imported on api_keys (api_key_id) where is_imported;
create index api_keys_by_workspace on api_keys (workspace_id, created_at desc);

-- When a key was last used, kept apart from the key: it is written often and by every environment for itself.
create table api_key_last_used (
  environment text not null,
  api_key_id text not null,
  last_used_at timestamptz not null,
  primary key (environment, api_key_id)
);

-- Temporary keys of one end user minted before this instant are over.
create table client_ref_cutoffs (
  project_id integer not null,
  client_ref text not null,
  not_before timestamptz not null,
  primary key (project_id, client_ref)
);
create trigger client_ref_cutoffs_changed after insert or update or delete on client_ref_cutoffs
  for each row execute function notify_identity_changed('project_id');

-- Nodes that hold identity rows in memory. A node may use them until `lease_until` and has applied every change up
-- to `applied_version`.
create table nodes (
  node_id text primary key,
  environments text[] not null,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null,
  applied_version double precision not null
);

-- Append only. Each hash covers the row and the hash before it, under a key that lives outside the database.
create table audit_events (
  sequence double precision primary key,
  at timestamptz(3) not null,
  actor_kind text not null,
  actor_id text not null,
  workspace_id text,
  action text not null,
  target text not null,
  request_id text,
  address text,
  details json not null,
  hash bytea not null
);
create index audit_events_by_workspace on audit_events (workspace_id, sequence);

-- Why a request was refused, for the owner of the key.
create table refusals (
  request_id text primary key,
  at timestamptz(3) not null,
  workspace_id text,
  api_key_id text,
  method text not null,
  route text not null,
  status integer not null,
  reason text not null,
  address text not null
);
create index refusals_by_time on refusals (at);

-- What temporary keys with counting limits have used, in the environment they are bound to.
create table temporary_key_counters (
  environment text not null,
  token_id text not null,
  sessions integer not null,
  audio_seconds double precision not null,
  expires_at timestamptz not null,
  primary key (environment, token_id)
);

-- Audio accepted per workspace and month, for its quota.
create table accepted_audio (
  environment text not null,
  workspace_id text not null,
  month date not null,
  audio_seconds double precision not null,
  primary key (environment, workspace_id, month)
);

-- What was transcribed, per UTC day. An absent client_ref is empty, so that it can be part of the key.
create table usage_daily (
  environment text not null,
  day date not null,
  workspace_id text not null,
  project_id integer not null,
  api_key_id text not null,
  client_ref text not null,
  mode text not null check (mode in ('batch', 'real-time')),
  type text not null,
  language text not null,
  operating_point text not null,
  count integer not null,
  audio_seconds double precision not null,
  primary key (environment, project_id, day, api_key_id, client_ref, mode, type, language, operating_point)
);

alter table jobs
  add column token_id text,
  -- The store that holds the audio: only workers that reach it take the job. Null: any.
  add column store_id text;
-- Queued again for those workers.
update jobs set lease_until = now() where status = 'running' and lease_until is null;
create index jobs_running_by_token on jobs (environment, token_id) where status = 'running' and token_id is not null;
create index jobs_running_by_workspace on jobs (environment, workspace_id) where status = 'running';

-- Data that must go: of a project, or of one of its end users. Kept until everything is gone.
create table erasures (
  project_id integer not null,
  -- Empty: the whole project.
  client_ref text not null,
  requested_at timestamptz not null default now(),
  primary key (project_id, client_ref)
);
