alter table jobs
  -- Name of the text file of an alignment job; empty for others.
  add column text_name text not null default '',
  -- Its place in the queue, so that projects take turns (jobs/worker/fair-rank.ts).
  add column fair_rank integer not null default 0;

-- The next rank that is served, and the last one a project has.
create index jobs_waiting on jobs (store_id, fair_rank) where status = 'running' and lease_owner is null;
create index jobs_unfinished_of_project on jobs (project_id, fair_rank) where status = 'running';
-- What retention looks for.
create index jobs_ended on jobs (finished_at) where status in ('done', 'rejected');

-- HTTP requests that a job waits for (its audio or text is fetched) or has caused (callbacks); jobs/outbound/calls.ts.
create table outbound_calls (
  environment text not null,
  job_id text not null,
  kind text not null check (kind in ('fetch', 'notify')),
  project_id integer not null,
  -- Of a callback: its place in notification_config.
  entry integer not null,
  -- Of a callback: what it says of the job.
  outcome text,
  attempts integer not null default 0,
  -- When it is tried next; while it is tried, when its worker is taken for dead.
  due_at timestamptz not null default now(),
  -- Where the job's files are.
  store_id text,
  primary key (environment, job_id, kind, entry),
  foreign key (environment, job_id) references jobs on delete cascade
);
create index outbound_calls_due on outbound_calls (kind, due_at);

-- What the temporary key still has to say about audio whose length is not known yet (jobs/admission.ts).
alter table jobs add column audio_limits json;
