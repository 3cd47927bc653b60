-- What a node does. One that does not say so is of a version that did everything.
alter table nodes add column roles text[] not null default '{api,realtime,worker,control}';
