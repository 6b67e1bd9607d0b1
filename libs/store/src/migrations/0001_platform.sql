-- Tables that every service has, in its own database. Prefixed, so that a service's own names stay free.

-- Facts on their way to the broker. A row lives from the transaction of its change to the broker's acknowledgement.
-- `position` is taken when the row is written, `xid` says when nobody older can still commit (see outbox-relay.ts).
create table plinth_outbox (
  position bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  event_id text not null,
  subject text not null,
  key text not null,
  body text not null,
  created_at timestamptz not null default now()
);
-- Rows come and go: clean up after 1,000 dead ones, not after a fifth of the table.
alter table plinth_outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Events whose effect is in this database.
create table plinth_inbox (
  consumer text not null,
  event_id text not null,
  handled_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index plinth_inbox_handled_at on plinth_inbox (handled_at);

-- One row for each key with work to do. `due_at` is when it may be claimed: the wished time of an idle row, the end of
-- the lease of a running one (`token` is set then). `again_at` keeps a wish that came while the key ran.
create table plinth_work_queue (
  queue text not null,
  key text not null,
  due_at timestamptz not null,
  token bigint,
  again_at timestamptz,
  attempt integer not null default 0,
  last_error text,
  created_at timestamptz not null default now(),
  primary key (queue, key)
);
create index plinth_work_queue_due on plinth_work_queue (queue, due_at);
alter table plinth_work_queue set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
-- Fencing tokens grow over all keys and never come back, even when a key's row is deleted and made anew.
create sequence plinth_fencing_token;

-- Events that could not be handled, for a person to look at and replay.
create table plinth_dead_letters (
  id text primary key,
  consumer text not null,
  event_id text not null,
  event_type text not null,
  subject text not null,
  error text not null,
  attempts integer not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  unique (consumer, event_id)
);

-- First answers to creating requests; `status` is null while the first request runs.
create table plinth_idempotency_keys (
  scope text not null,
  key text not null,
  request_hash text not null,
  status integer,
  body text,
  claimed_at timestamptz not null default now(),
  primary key (scope, key)
);
create index plinth_idempotency_keys_claimed_at on plinth_idempotency_keys (claimed_at);
