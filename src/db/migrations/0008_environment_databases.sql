-- breaking

-- An environment may have a database of its own. It follows the control database by PostgreSQL's logical replication and
-- reports back the same way (docs/environments.md; `src/replication` sets it up). What is replicated to an environment is
-- never written there, and what an environment reports is written nowhere else.

-- In the database of an environment, which one it is. Without a row, this is the control database.
create table environment_database (
  only_row boolean primary key default true check (only_row),
  environment text not null,
  -- What is written here bears this name: that of the environment, with a number where it had another database before.
  origin text not null,
  -- Set until everything is copied, and when changes were lost on their way since: it must be copied anew.
  missed_at timestamptz
);

create function this_database() returns text language sql stable
  return coalesce((select origin from environment_database), 'control');

-- In the control database: the environments that follow it.
create table environments (
  environment text primary key,
  region text not null,
  added_at timestamptz not null default now()
);

-- Written by the control plane several times a second: who receives it hears of everything written before.
create table control_heartbeat (
  only_row boolean primary key default true check (only_row),
  at timestamptz not null,
  -- A change that had been made by then: an environment that has not applied it has lost it.
  version double precision not null default 0,
  -- Of the pepper that new keys are made with: an environment without it would know none of them.
  pepper_fingerprint text
);
insert into control_heartbeat (only_row, at) values (true, now());

-- How far an environment is, as it says itself.
create table environment_receipts (
  environment text primary key,
  -- The database that says so.
  origin text not null,
  -- No node of the environment uses what was true before this change.
  applied_version double precision not null,
  -- The last heartbeat that came, by the control plane's clock.
  heard_at timestamptz not null,
  missed_at timestamptz
);

alter table nodes add column origin text not null default 'control';
alter table nodes alter column origin set default this_database();

-- Each database writes an audit log of its own, a chain that ends here. Formerly the end was held by identity_head, whose
-- version is now the same in all databases.
create table audit_heads (
  origin text primary key,
  sequence double precision not null,
  hash bytea not null
);
insert into audit_heads select 'control', audit_sequence, audit_hash from identity_head;
alter table identity_head drop column audit_sequence, drop column audit_hash;
alter table audit_events add column origin text not null default 'control';
alter table audit_events alter column origin set default this_database();
alter table audit_events drop constraint audit_events_pkey, add primary key (origin, sequence);
drop index audit_events_by_workspace;
create index audit_events_by_workspace on audit_events (workspace_id, origin, sequence);

alter table refusals add column origin text not null default 'control';
alter table refusals alter column origin set default this_database();

-- An environment's usage may have been counted by several databases one after the other, on one day too.
alter table usage_daily add column origin text not null default 'control';
alter table usage_daily alter column origin set default this_database(), drop constraint usage_daily_pkey, add primary key
  (environment, project_id, day, api_key_id, client_ref, mode, type, language, operating_point, origin);
alter table api_key_last_used add column origin text not null default 'control';
alter table api_key_last_used alter column origin set default this_database(),
  drop constraint api_key_last_used_pkey, add primary key (environment, api_key_id, origin);

-- The change with which the workspace last got or lost regions: an environment that has not applied it may still have keys of
-- a workspace that has left.
alter table workspaces add column regions_version double precision not null default 0;

-- A publication's row filter needs the regions on the row, and the old row whole.
alter table client_ref_cutoffs add column regions text[];
update client_ref_cutoffs c set regions = (select regions from projects p where p.project_id = c.project_id);
delete from client_ref_cutoffs where regions is null;
alter table client_ref_cutoffs alter column regions set not null, replica identity full;
alter table erasures add column regions text[];
update erasures e set regions = (select regions from projects p where p.project_id = e.project_id);
alter table erasures alter column regions set not null, replica identity full;
alter table workspaces replica identity full;
alter table projects replica identity full;
alter table api_keys replica identity full;

-- A standby that is promoted, and a copy of the disk that is put back, may lack the last changes. Their numbers are not given to others:
-- who has applied the lost ones would seem to have applied the new ones.
alter table identity_head
  -- The number before this one.
  add column previous double precision,
  -- Of whose history the number is.
  add column lineage text;

-- Another one for each PostgreSQL that was initialised, after each promotion and each start: whether its disk is what it was
-- before a start is not known.
create function current_lineage() returns text language sql
  return (select system_identifier from pg_control_system()) || ':' || left(pg_walfile_name(pg_current_wal_lsn()), 8)
    || ':' || extract(epoch from pg_postmaster_start_time());

update identity_head set lineage = current_lineage();

create function next_identity_version() returns double precision language plpgsql set search_path from current as $$
declare
  stamp double precision;
  own text := current_lineage();
begin
  -- By the clock, in milliseconds: more than can have been given out since, which takes some milliseconds each, and another
  -- number each time one copy is put back.
  update identity_head set previous = version, lineage = own,
    version = case when lineage = own then version + 1
      else greatest(version + 1000000, floor(extract(epoch from clock_timestamp()) * 1000)::double precision) end
   returning version into stamp;
  return stamp;
end $$;

-- A replicated row has no number of its own: the number of its change comes after it, with identity_head. Functions that
-- replication runs have to name their schema.
create or replace function notify_identity_changed() returns trigger language plpgsql set search_path from current as $$
declare
  id text := coalesce(to_jsonb(new) ->> tg_argv[0], to_jsonb(old) ->> tg_argv[0]);
  stamp double precision := 0;
begin
  if current_setting('session_replication_role') <> 'replica' then
    stamp := next_identity_version();
  end if;
  perform pg_notify('identity_changed', concat_ws(':', tg_table_name, id, stamp::bigint));
  return null;
end $$;

-- Nobody holds anything of a new workspace or project; but an environment that does not have it lacks a change.
create function count_identity_change() returns trigger language plpgsql set search_path from current as $$
begin
  perform pg_notify('identity_changed', '::' || next_identity_version()::bigint);
  return null;
end $$;
create trigger workspaces_created after insert on workspaces for each row execute function count_identity_change();
create trigger projects_created after insert on projects for each row execute function count_identity_change();

-- A change that does not follow the one before shows that changes were lost, with the server or the slot they were on.
create function follow_identity_head() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'UPDATE' and new.previous is distinct from old.version then
    update environment_database set missed_at = now() where missed_at is null;
  end if;
  perform pg_notify('identity_changed', '::' || new.version::bigint);
  return null;
end $$;
create trigger identity_head_followed after insert or update on identity_head
  for each row execute function follow_identity_head();
alter table identity_head enable replica trigger identity_head_followed;

-- Says how far this environment is. Never in the transaction of a change: what a node's lease was is read only once
-- the change is there for everybody, as `nodes/receipt.ts` does.
create function advance_receipt() returns void language plpgsql set search_path from current as $$
declare
  own environment_database;
  head double precision;
  heard timestamptz;
  applied double precision;
begin
  select * into own from environment_database;
  if not found then return; end if;
  -- One after the other: the nodes' rows are read once those who wrote before are done.
  perform from environment_receipts where environment = own.environment for update;
  select version into head from identity_head;
  select at into heard from control_heartbeat;
  if heard is null then return; end if;
  -- A statement of its own for each: the planner expects thousands of rows in these tables and, of a join, so many that
  -- it compiles it each time.
  -- A node that has applied nothing yet counts too: the next moment it may hold something.
  select min(applied_version) into applied from nodes
   where origin = own.origin and lease_until > clock_timestamp();
  insert into environment_receipts
    values (own.environment, own.origin,
      case when own.missed_at is null then coalesce(least(head, applied), 0) else 0 end, heard, own.missed_at)
    on conflict (environment) do update set
      applied_version = case when excluded.missed_at is null
        then greatest(environment_receipts.applied_version, excluded.applied_version)
        else environment_receipts.applied_version end,
      heard_at = excluded.heard_at,
      missed_at = excluded.missed_at;
end $$;

create function answer_heartbeat() returns trigger language plpgsql set search_path from current as $$
begin
  -- Nothing is lost with a heartbeat: no change waits behind it for a slow disk.
  perform set_config('synchronous_commit', 'off', true);
  -- What was lost with a server may have been the last change there was.
  if exists (select from identity_head where version < new.version) then
    update environment_database set missed_at = now() where missed_at is null;
  end if;
  perform advance_receipt();
  return null;
end $$;
create trigger control_heartbeat_answered after insert or update on control_heartbeat
  for each row execute function answer_heartbeat();
alter table control_heartbeat enable replica trigger control_heartbeat_answered;

create function node_applied() returns trigger language plpgsql set search_path from current as $$
begin
  perform advance_receipt();
  return null;
end $$;
create trigger nodes_applied after update on nodes
  for each row when (new.applied_version > old.applied_version and new.origin <> 'control')
  execute function node_applied();

-- Who waits for a receipt is woken.
create function hear_receipt() returns trigger language plpgsql as $$
begin
  perform pg_notify('identity_applied', '');
  return null;
end $$;
create trigger environment_receipts_heard after update on environment_receipts
  for each row when (new.applied_version > old.applied_version) execute function hear_receipt();
alter table environment_receipts enable replica trigger environment_receipts_heard;

-- What an environment reports is of itself: who has taken over its database is not believed about others. `tg_argv`: the
-- columns that name it.
create function refuse_foreign_report() returns trigger language plpgsql set search_path from current as $$
declare
  reporter text := (select subname from pg_stat_subscription where pid = pg_backend_pid());
  named text;
begin
  -- What the control database sends makes an environment write of itself.
  if reporter <> 'parley_control' then
    for i in 0 .. tg_nargs - 1 loop
      foreach named in array array[to_jsonb(old) ->> tg_argv[i], to_jsonb(new) ->> tg_argv[i]] loop
        if reporter <> 'parley_' || lower(split_part(named, '.', 1)) then
          raise exception '% reports what is of %', reporter, named;
        end if;
      end loop;
    end loop;
  end if;
  return coalesce(new, old);
end $$;
-- Which databases have erased their own: that of an environment under its name, the control database as `control`. That
-- one forgets the erasure when all of its regions have.
create table erasures_done (
  environment text not null,
  project_id integer not null,
  client_ref text not null,
  requested_at timestamptz not null,
  primary key (environment, project_id, client_ref)
);

-- The publisher says which kinds of changes it sends.
create function refuse_reported_truncate() returns trigger language plpgsql as $$
begin
  raise exception 'a report empties %', tg_table_name;
end $$;

do $$
declare
  reported text;
  columns text;
begin
  -- The environment under which a key was used is `control` where a request was for none.
  for reported, columns in values ('nodes', '''origin'''), ('audit_events', '''origin'''), ('audit_heads', '''origin'''),
    ('refusals', '''origin'''), ('api_key_last_used', '''origin'''), ('usage_daily', '''origin'', ''environment'''),
    ('environment_receipts', '''origin'', ''environment'''), ('erasures_done', '''environment''')
  loop
    execute format('create trigger %1$s_reported before insert or update or delete on %1$s
      for each row execute function refuse_foreign_report(%2$s)', reported, columns);
    execute format('create trigger %1$s_not_emptied before truncate on %1$s
      for each statement execute function refuse_reported_truncate()', reported);
    execute format('alter table %1$s enable replica trigger %1$s_reported, enable replica trigger %1$s_not_emptied', reported);
  end loop;
end $$;

create function erasing_environment() returns text language sql stable
  return coalesce((select environment from environment_database), 'control');

create function is_erased(environment text, wanted erasures) returns boolean language sql stable
  return exists (select from erasures_done d where d.environment = is_erased.environment
    and d.project_id = wanted.project_id and d.client_ref = wanted.client_ref and d.requested_at >= wanted.requested_at);

-- In the control database: whether an environment has not erased its own yet.
create function is_awaited(wanted erasures) returns boolean language sql stable
  return exists (select from environments n
    where n.region = any (wanted.regions) and not is_erased(n.environment, wanted));

-- What is left to do once there are no jobs, and nothing before; run again, it goes on from there. Not in a trigger of what
-- environments report: their other news would wait behind it.
create function finish_erasure(of_project integer, of_client_ref text) returns void language plpgsql
  set search_path from current as $$
declare
  own text := erasing_environment();
  wanted erasures;
begin
  -- Locked, so that one that is asked for again meanwhile is not over with this one.
  select * into wanted from erasures where project_id = of_project and client_ref = of_client_ref for update;
  if not found then return; end if;
  -- Once only, however long others take: what has come since is not what was asked for.
  if not is_erased(own, wanted) then
    if exists (select from jobs
      where project_id = of_project and (of_client_ref = '' or client_ref = of_client_ref)) then return; end if;
    -- Without its row an open session, which ends with its key, is not counted. Usage after it: one that ends meanwhile
    -- has been counted by then.
    delete from realtime_sessions
     where project_id = of_project and (of_client_ref = '' or client_ref = of_client_ref);
    delete from usage_daily where origin = this_database()
       and project_id = of_project and (of_client_ref = '' or client_ref = of_client_ref);
    insert into erasures_done values (own, of_project, of_client_ref, wanted.requested_at)
      on conflict (environment, project_id, client_ref) do update set requested_at = excluded.requested_at;
  end if;
  if own <> 'control' or is_awaited(wanted) then return; end if;
  -- What was reported by databases that are gone, or were not asked. The others have erased their own.
  delete from usage_daily u
   where project_id = of_project and (of_client_ref = '' or client_ref = of_client_ref) and origin <> 'control'
     and not exists (select from environments n join environment_receipts r using (environment)
       where n.region = any (wanted.regions) and r.origin = u.origin);
  delete from erasures where project_id = of_project and client_ref = of_client_ref;
  delete from erasures_done
   where environment = 'control' and project_id = of_project and client_ref = of_client_ref;
end $$;

create function follow_erasure() returns trigger language plpgsql set search_path from current as $$
begin
  if tg_op = 'DELETE' then
    delete from erasures_done
     where project_id = old.project_id and client_ref = old.client_ref
       and environment = (select environment from environment_database);
  else
    perform pg_notify('erasure_asked', '');
  end if;
  return null;
end $$;
create trigger erasures_followed after insert or update or delete on erasures
  for each row execute function follow_erasure();
alter table erasures enable replica trigger erasures_followed;

-- As where the cut-off is made: a job that is being accepted is there before it, or meets it (usage/credential.ts).
create function follow_cutoff() returns trigger language plpgsql set search_path from current as $$
begin
  perform from projects where project_id = new.project_id for update;
  return null;
end $$;
create trigger client_ref_cutoffs_followed after insert or update on client_ref_cutoffs
  for each row execute function follow_cutoff();
alter table client_ref_cutoffs enable replica trigger client_ref_cutoffs_followed;
