alter table jobs
  -- Name of the text file of an alignment job; empty for others.
  add column text_name text not null default '';
