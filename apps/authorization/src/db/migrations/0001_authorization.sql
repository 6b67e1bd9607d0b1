create table users (
  username text primary key,
  display_name text not null,
  password_hash text not null,
  disabled boolean not null default false,
  created_at timestamptz not null
);

-- By the hash of the name that was typed, whether or not there is such a user: a lock must not tell that there is one.
create table sign_in_attempts (
  name_hash text primary key,
  failures integer not null,
  locked_until timestamptz,
  last_at timestamptz not null
);
create index sign_in_attempts_last_at on sign_in_attempts (last_at);

create table groups (
  name text primary key,
  description text not null,
  created_at timestamptz not null
);

create table group_members (
  group_name text not null references groups (name),
  username text not null references users (username),
  primary key (group_name, username)
);
create index group_members_username on group_members (username);

-- What a role is for; what it may do are the rules whose subject is `role:<name>`.
create table roles (
  name text primary key,
  description text not null
);

create table policy_rules (
  id text primary key,
  subject text not null,
  domain text not null,
  object text not null,
  action text not null,
  effect text not null check (effect in ('allow', 'deny')),
  created_at timestamptz not null,
  created_by text not null,
  constraint policy_rules_row unique (subject, domain, object, action, effect)
);

create table bindings (
  id text primary key,
  subject text not null,
  role text not null,
  domain text not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  created_by text not null,
  constraint bindings_row unique (subject, role, domain)
);
create index bindings_domain on bindings (domain);

-- One row. Whoever changes rules, bindings or members locks it first and adds one in the same transaction, so the
-- revisions have no gap and follow the order of the commits. 0: not seeded yet.
create table policy_revision (
  one boolean primary key default true check (one),
  revision bigint not null
);
insert into policy_revision (revision) values (0);

create table sessions (
  id text primary key,
  kind text not null check (kind in ('api', 'portal')),
  username text not null references users (username),
  secret_hash text unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  end_reason text
);
create index sessions_username on sessions (username);
create index sessions_expires_at on sessions (expires_at);

-- A used one is kept as long as its session: that it comes again is how theft is seen.
create table refresh_tokens (
  hash text primary key,
  session_id text not null references sessions (id) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_session_id on refresh_tokens (session_id);

create table tokens (
  id text primary key,
  -- Null for a personal token, of which a user may have several.
  purpose text unique,
  name text not null,
  subject text not null,
  groups jsonb not null,
  claims jsonb not null,
  hash text not null unique,
  prefix text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz
);
create index tokens_subject on tokens (subject);
create index tokens_expires_at on tokens (expires_at);

-- The ledger. `detail` is text and not jsonb: what was hashed is what is kept, to the byte.
create table audit_entries (
  sequence bigint primary key,
  id text not null unique,
  source text not null,
  actor text not null,
  action text not null,
  project text not null,
  object text not null,
  outcome text not null,
  detail text not null,
  request_id text,
  occurred_at text not null,
  hash text not null
);
create index audit_entries_project on audit_entries (project, sequence);
create index audit_entries_actor on audit_entries (actor, sequence);
create index audit_entries_action on audit_entries (action, sequence);

-- Where the chain ends, so that cutting off its end is seen as well.
create table audit_head (
  one boolean primary key default true check (one),
  sequence bigint not null,
  hash text not null
);
insert into audit_head (sequence, hash) values (0, repeat('0', 64));

create function audit_entries_are_final() returns trigger language plpgsql as $$
begin
  raise exception 'entries of the audit ledger are neither changed nor deleted';
end $$;
create trigger audit_entries_are_final before update or delete on audit_entries
  for each row execute function audit_entries_are_final();
create trigger audit_entries_are_never_emptied before truncate on audit_entries
  for each statement execute function audit_entries_are_final();
