-- Identity. `regions` is repeated on every table that is replicated, because a publication's row filter cannot
-- join; there are no foreign keys between replicated tables for the same reason: rows may arrive in any order.
create table workspaces (
  workspace_id text primary key,
  name text not null,
  customer_type text not null check (customer_type in ('on-demand', 'enterprise')),
  regions text[] not null,
  temporary_keys_enabled boolean not null,
  created_at timestamptz not null default now()
);

create table projects (
  project_id integer generated always as identity primary key,
  workspace_id text not null,
  name text not null,
  description text,
  is_default boolean not null default false,
  regions text[] not null,
  created_at timestamptz not null default now(),
  deleted_at timestamptz
);
create unique index projects_one_default on projects (workspace_id) where is_default;

-- A key is found by the digest of its secret, never by comparing secrets.
create table api_keys (
  api_key_id text primary key,
  digest bytea not null unique,
  workspace_id text not null,
  project_id integer not null,
  name text not null check (length(name) between 1 and 120),
  client_ref text,
  regions text[] not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index api_keys_by_project on api_keys (project_id);

create table admin_tokens (
  admin_token_id text primary key,
  digest bytea not null unique,
  kind text not null check (kind in ('management', 'operator')),
  workspace_id text check ((workspace_id is null) = (kind = 'operator')),
  name text not null,
  permissions text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create table signing_keys (
  kid text primary key,
  algorithm text not null check (algorithm in ('RS256', 'ES256')),
  public_jwk json not null,
  regions text[] not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);

-- Sealed with a key derived from the pepper, which lives outside the database: a dump signs nothing.
create table signing_key_secrets (
  kid text primary key references signing_keys,
  sealed_private_key bytea not null
);

-- Every node drops what it remembers of a changed row.
create function notify_identity_changed() returns trigger language plpgsql as $$
begin
  perform pg_notify('identity_changed', tg_table_name || ':' || coalesce(to_jsonb(new) ->> tg_argv[0], to_jsonb(old) ->> tg_argv[0]));
  return null;
end $$;

create trigger workspaces_changed after update or delete on workspaces
  for each row execute function notify_identity_changed('workspace_id');
create trigger projects_changed after update or delete on projects
  for each row execute function notify_identity_changed('project_id');
create trigger api_keys_changed after update or delete on api_keys
  for each row execute function notify_identity_changed('api_key_id');
create trigger admin_tokens_changed after update or delete on admin_tokens
  for each row execute function notify_identity_changed('admin_token_id');
create trigger signing_keys_changed after insert or update or delete on signing_keys
  for each row execute function notify_identity_changed('kid');

-- Batch. `config` is json, not jsonb: it is echoed as it was sent.
create table jobs (
  environment text not null,
  job_id text not null,
  workspace_id text not null,
  project_id integer not null,
  api_key_id text not null,
  client_ref text,
  created_at timestamptz(3) not null,
  status text not null check (status in ('running', 'done', 'rejected', 'deleted', 'expired')),
  config json,
  data_name text not null,
  duration_seconds integer not null,
  audio_bytes double precision not null,
  errors json not null default '[]',
  failed_attempts integer not null default 0,
  lease_owner text,
  lease_until timestamptz,
  finished_at timestamptz,
  primary key (environment, job_id)
);
-- Newest first per project, and the promise that created_at is a cursor without ties.
create unique index jobs_by_project on jobs (environment, project_id, created_at desc);
create index jobs_by_client_ref on jobs (environment, project_id, client_ref, created_at desc) where client_ref is not null;
create index jobs_running on jobs (environment, lease_until) where status = 'running';
