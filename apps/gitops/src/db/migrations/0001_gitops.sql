-- Repositories. The name of an archived one is free again; its folder carries the id and stays.
create table repositories (
  id text primary key,
  project text not null,
  name text not null,
  default_branch text not null default 'main',
  -- [{ "branch": "main", "push": "developers" | "change-request-only" }]
  protection jsonb not null,
  -- SHA-256 of what it was created with: the same request again gets the same answer.
  seed_digest text not null,
  seed_seconds bigint not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  archived_at timestamptz
);
create unique index repositories_live_name on repositories (project, name) where archived_at is null;

-- The refs that the world was told of; what git has beyond them is news.
create table repository_refs (
  repository_id text not null references repositories on delete cascade,
  ref text not null,
  revision text not null,
  primary key (repository_id, ref)
);

-- What somebody is about to do to refs, written before git does it: who and why, should we die in between.
create table ref_intents (
  id bigint generated always as identity primary key,
  repository_id text not null references repositories on delete cascade,
  ref text not null,
  before_revision text not null,
  after_revision text not null,
  actor text not null,
  request_id text,
  cause text not null,
  created_at timestamptz not null default now()
);
create index ref_intents_repository on ref_intents (repository_id, id);

create table components (
  project text not null,
  component text not null,
  repository text not null,
  primary key (project, component)
);

create table environments (
  project text not null,
  environment text not null,
  automatic boolean not null,
  position integer not null,
  primary key (project, environment)
);

-- What pipelines told, newest word only.
create table pipelines (
  project text not null,
  pipeline text not null,
  repository text not null,
  number integer not null,
  status text not null,
  ref text not null,
  revision text not null,
  title text not null,
  jobs integer not null,
  created_at text not null,
  duration_ms integer,
  tests jsonb,
  told_at timestamptz not null,
  primary key (project, pipeline)
);
create index pipelines_revision on pipelines (project, repository, revision);
create index pipelines_ref on pipelines (project, repository, ref, number desc);

create table releases (
  id text primary key,
  project text not null,
  component text not null,
  revision text not null,
  title text not null,
  author text not null,
  pipeline text not null,
  pipeline_number integer not null,
  artifact jsonb,
  created_at timestamptz not null default now(),
  unique (project, component, pipeline)
);
create index releases_newest on releases (project, component, pipeline_number desc);

create table applications (
  project text not null,
  environment text not null,
  component text not null,
  repository text not null,
  automatic boolean not null,
  position integer not null,
  target_revision text,
  target_release text,
  -- The newest sync; its deployment id is what should be live.
  sync_seq bigint,
  live_revision text,
  live_deployment text,
  workload_state text,
  sync text not null default 'Unknown',
  health text not null default 'Missing',
  detail text,
  url text,
  -- When provisioning said the above; an older word that arrives later is not heard.
  observed_at timestamptz,
  primary key (project, environment, component)
);

create table syncs (
  seq bigint generated always as identity primary key,
  id text not null unique,
  project text not null,
  environment text not null,
  component text not null,
  revision text not null,
  release_id text,
  -- Chosen here, before provisioning is called with it: a repeated call is the same call.
  deployment text not null unique,
  state text not null default 'running' check (state in ('running', 'succeeded', 'failed')),
  detail text,
  actor text not null,
  reason text not null,
  change_request integer,
  -- Of a sync that repeats or restores an earlier one, that one; a rollback of a rollback goes on from there.
  origin_seq bigint,
  sent_at timestamptz,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  foreign key (project, environment, component) references applications on delete cascade
);
create index syncs_application on syncs (project, environment, component, seq desc);

create table change_request_numbers (
  project text primary key,
  last integer not null
);

create table change_requests (
  project text not null,
  number integer not null,
  kind text not null check (kind in ('merge', 'promotion')),
  title text not null,
  description text not null,
  author text not null,
  state text not null default 'open' check (state in ('open', 'approved', 'merged', 'closed', 'failed')),
  repository text not null,
  source_branch text,
  target_branch text,
  component text,
  environment text,
  release_id text,
  from_revision text,
  to_revision text not null,
  -- Known before the ref moves, so that a merge that was cut off is seen to have happened.
  merge_revision text,
  result text,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (project, number)
);
create unique index change_requests_one_merge on change_requests (project, repository, source_branch, target_branch)
  where kind = 'merge' and state in ('open', 'approved');
create unique index change_requests_one_promotion on change_requests (project, environment, component)
  where kind = 'promotion' and state in ('open', 'approved');

create table approvals (
  project text not null,
  number integer not null,
  subject text not null,
  at timestamptz not null default now(),
  primary key (project, number, subject),
  foreign key (project, number) references change_requests on delete cascade
);
