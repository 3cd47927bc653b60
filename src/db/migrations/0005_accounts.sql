-- People who sign in to the portal. The columns of the first four tables are those better-auth writes
-- (identity/accounts/auth.ts).
create table accounts (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null,
  image text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

-- How an account signs in: a password (hashed), or an identity of an OpenID Connect provider.
create table account_credentials (
  id text primary key,
  user_id text not null references accounts (id) on delete cascade,
  provider_id text not null,
  account_id text not null,
  password text,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz,
  refresh_token_expires_at timestamptz,
  scope text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (provider_id, account_id)
);
create index account_credentials_by_account on account_credentials (user_id);

-- Signed-in browsers. A cookie is the token and its signature under a key that lives outside the database.
create table portal_sessions (
  id text primary key,
  user_id text not null references accounts (id) on delete cascade,
  token text not null unique,
  ip_address text,
  user_agent text,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index portal_sessions_by_account on portal_sessions (user_id);

-- What a sign-in with a provider must remember until the browser comes back.
create table account_verifications (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index account_verifications_by_identifier on account_verifications (identifier);

create table workspace_members (
  workspace_id text not null references workspaces (workspace_id),
  account_id text not null references accounts (id) on delete cascade,
  role text not null check (role in ('admin', 'member')),
  joined_at timestamptz not null default now(),
  primary key (workspace_id, account_id)
);
create index workspace_members_by_account on workspace_members (account_id);

-- Links that let a person into a workspace, each once. Only a digest of the link's secret is kept.
create table workspace_invitations (
  invitation_id text primary key,
  digest bytea not null unique,
  workspace_id text not null references workspaces (workspace_id),
  role text not null check (role in ('admin', 'member')),
  -- The only address that may use it; null: whoever has the link.
  email text,
  -- Good only while the installation has no account.
  is_first_account boolean not null default false,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index workspace_invitations_by_workspace on workspace_invitations (workspace_id);

alter table api_keys
  -- The first characters of the key, by which its owner knows it.
  add column prefix text,
  -- The person who acts through this key in the portal; its secret was never shown to anyone.
  add column account_id text;
create unique index api_keys_of_accounts on api_keys (account_id, project_id)
  where account_id is not null and revoked_at is null;

alter table admin_tokens add column prefix text;
