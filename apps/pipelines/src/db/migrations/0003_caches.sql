-- What jobs keep from one run to the next. Of each key two may be there, one of each trust, and neither sees the other.
-- The file is named by the id and whole before its row is there.
create table caches (
  id text primary key,
  project text not null,
  repository text not null,
  trust text not null check (trust in ('protected', 'unprotected')),
  key text not null,
  sha256 text not null,
  size_bytes bigint not null,
  -- Who wrote it.
  job text not null,
  ref text not null,
  created_at timestamptz not null default now(),
  used_at timestamptz not null default now(),
  unique (project, repository, trust, key)
);
create index caches_used_at on caches (used_at);
create index caches_project on caches (project, trust, used_at);

-- The keys of an attempt and their trust, as they were decided when it was claimed.
create table job_caches (
  job text primary key references jobs (id) on delete cascade,
  attempt integer not null,
  caches jsonb not null
);
