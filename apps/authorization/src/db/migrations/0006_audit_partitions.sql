-- The chain that there was goes on being a chain, a partition of its own: no project can be called `~legacy`, and its
-- hashes are computed without the partition, as they were. New entries go to `platform` or to their project's.
alter table audit_entries disable trigger user;
alter table audit_entries add column partition text not null default '~legacy', add column position bigint;
update audit_entries set position = sequence;
alter table audit_entries
  alter column partition drop default,
  alter column position set not null,
  drop constraint audit_entries_pkey,
  add primary key (position),
  add constraint audit_entries_place unique (partition, sequence);
-- The order in which entries came, over all partitions, for lists; it may have gaps and is not part of any hash.
alter table audit_entries alter column position add generated always as identity;
select setval(pg_get_serial_sequence('audit_entries', 'position'), coalesce(max(position), 0) + 1, false) from audit_entries;
alter table audit_entries enable trigger user;

-- Where each chain ends. Its row is what writers of one partition wait for, and no others.
create table audit_partitions (
  partition text primary key,
  sequence bigint not null,
  hash text not null
);
insert into audit_partitions (partition, sequence, hash) select '~legacy', sequence, hash from audit_head where sequence > 0;
drop table audit_head;

-- For each filter the index that gives its newest entries in their order, without a sort: with 200,000 entries,
-- `explain select … where actor = $1 order by position desc limit 51` is
--   Limit -> Index Scan Backward using audit_entries_actor on audit_entries (Index Cond: (actor = 'user:ana'::text))
drop index audit_entries_project, audit_entries_actor, audit_entries_action;
create index audit_entries_project on audit_entries (project, position);
create index audit_entries_actor on audit_entries (actor, position);
create index audit_entries_action on audit_entries (action, position);
create index audit_entries_denied on audit_entries (position) where outcome = 'denied';
create index audit_entries_object on audit_entries (object text_pattern_ops);
create index audit_entries_request on audit_entries (request_id) where request_id is not null;
create index audit_entries_occurred_at on audit_entries (occurred_at);

-- Ed25519, PEM; the private half sealed with PLINTH_SECRET_KEY, so that who owns the database alone can sign nothing.
create table audit_keys (
  key_id text primary key,
  public_key text not null,
  private_key text,
  created_at timestamptz not null
);

-- `statement` is text and not jsonb: what was signed is what is kept, to the byte.
create table audit_checkpoints (
  sequence bigint primary key,
  at timestamptz not null,
  statement text not null
);
create index audit_checkpoints_at on audit_checkpoints (at);

-- The leaves of the tree as of the newest checkpoint, in their order.
create table audit_sealed (
  partition text primary key,
  place integer not null unique,
  entries bigint not null,
  head text not null
);

-- Retention: entries up to an anchor may go. The statement that says so is signed.
create table audit_base (
  one boolean primary key default true check (one),
  checkpoint bigint not null,
  statement text not null
);
create table audit_anchors (
  partition text primary key,
  entries bigint not null
);
create table audit_settings (
  one boolean primary key default true check (one),
  retention_days integer not null
);
-- PCI DSS asks for twelve months.
insert into audit_settings (retention_days) values (400);

create or replace function audit_entries_are_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.sequence <= (select entries from audit_anchors where partition = old.partition) then
      return old;
    end if;
  end if;
  raise exception 'entries of the audit ledger are neither changed nor deleted';
end $$;

create function audit_checkpoints_are_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.sequence <= (select checkpoint from audit_base) then
      return old;
    end if;
  end if;
  raise exception 'checkpoints of the audit ledger are neither changed nor deleted';
end $$;
create trigger audit_checkpoints_are_final before update or delete on audit_checkpoints
  for each row execute function audit_checkpoints_are_final();
create trigger audit_checkpoints_are_never_emptied before truncate on audit_checkpoints
  for each statement execute function audit_checkpoints_are_final();
