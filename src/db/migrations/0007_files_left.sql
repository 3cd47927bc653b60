-- A deleted job whose files still have to be removed: the store was away, or the process died in between.
alter table jobs add column files_left boolean not null default false;
create index jobs_with_files_left on jobs (finished_at) where files_left;
