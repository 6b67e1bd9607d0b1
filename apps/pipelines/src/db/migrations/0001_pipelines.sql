-- Pushes that wait for their .gitlab-ci.yml to be read; the id is the event's, so a repeat is the same wish.
create table pipeline_requests (
  id text primary key,
  facts jsonb not null,
  created_at timestamptz not null default now()
);

create table pipeline_numbers (
  project text not null,
  repository text not null,
  last integer not null,
  primary key (project, repository)
);

-- The row is the lock of everything that changes the state of its jobs: pipeline first, then jobs.
create table pipelines (
  id text primary key,
  project text not null,
  repository text not null,
  number integer not null,
  ref text not null,
  revision text not null,
  title text not null,
  author text not null,
  source text not null,
  status text not null,
  -- What asked for it: the event of the push. One pipeline each.
  origin text unique,
  facts jsonb not null,
  problems jsonb not null,
  stages jsonb not null,
  jobs_count integer not null,
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  unique (project, repository, number)
);
create index pipelines_newest on pipelines (project, id desc);

create table jobs (
  id text primary key,
  pipeline text not null references pipelines (id) on delete cascade,
  project text not null,
  name text not null,
  position integer not null,
  stage text not null,
  stage_index integer not null,
  -- The plan of the job as language/plan.ts made it; never changed.
  spec jsonb not null,
  -- Names; null for a job that waits for whole stages.
  needs jsonb,
  status text not null,
  allow_failure boolean not null,
  -- Grows with every offer; the word of a runner counts for the current attempt alone.
  attempt integer not null default 0,
  retries integer not null default 0,
  system_retries integer not null default 0,
  reason text,
  exit_code integer,
  runner text,
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  heartbeat_at timestamptz,
  artifact text,
  tests jsonb,
  dotenv jsonb not null default '{}',
  unique (pipeline, name)
);

create table job_logs (
  job text primary key references jobs (id) on delete cascade,
  attempt integer not null,
  -- Where the current attempt begins, in bytes of the whole log.
  base bigint not null,
  -- Bytes that the current attempt has sent, dropped ones included.
  received bigint not null,
  -- Bytes of the whole log.
  size bigint not null,
  truncated boolean not null default false
);

create table job_log_chunks (
  job text not null references jobs (id) on delete cascade,
  position bigint not null,
  bytes bytea not null,
  primary key (job, position)
);

create table test_cases (
  job text not null references jobs (id) on delete cascade,
  position integer not null,
  suite text not null,
  name text not null,
  status text not null,
  duration_ms integer not null,
  message text,
  primary key (job, position)
);

-- The file of an artifact is named by its id and whole before its row is there.
create table artifacts (
  id text primary key,
  project text not null,
  pipeline text not null,
  job text not null,
  attempt integer not null,
  name text not null,
  sha256 text not null,
  size_bytes bigint not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index artifacts_pipeline on artifacts (pipeline);
create index artifacts_expires_at on artifacts (expires_at);
