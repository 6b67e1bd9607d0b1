-- Which roles nobody may hold together. Read under the lock of the policy's revision, written under it too, so that no
-- change slips between a constraint and its check.
create table constraints (
  id text primary key,
  kind text not null check (kind in ('sod', 'sodMax', 'roleMax', 'rolePre')),
  roles jsonb not null,
  max integer,
  description text not null,
  created_at timestamptz not null,
  created_by text not null,
  constraint constraints_row unique nulls not distinct (kind, roles, max)
);

create table access_requests (
  id text primary key,
  subject text not null,
  role text not null,
  domain text not null,
  reason text not null,
  break_glass boolean not null,
  duration_minutes integer not null,
  state text not null check (state in ('pending', 'granted', 'denied', 'withdrawn', 'ended', 'expired')),
  created_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  decision text,
  expires_at timestamptz,
  -- Of the credential that asked, for those who look into it later.
  request_id text
);
create index access_requests_subject on access_requests (subject, id);
create index access_requests_state on access_requests (state, id);
-- One open request for one thing: asking again, or twice at once, is a conflict.
create unique index access_requests_open on access_requests (subject, role, domain, break_glass)
  where state in ('pending', 'granted');

-- The bindings that a request for access made; they end with it.
alter table bindings add column request text references access_requests (id);
create index bindings_request on bindings (request) where request is not null;

create table service_accounts (
  project text not null,
  name text not null,
  description text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, name)
);
