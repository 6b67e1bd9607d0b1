-- The test of this repository that the case is a run of; null for what stands for a report that could not be read.
alter table test_cases add column test text;

-- A test of a repository, known again by the hash of its suite, class, name and file; the rest is kept up with each run.
create table tests (
  id text primary key,
  project text not null,
  repository text not null,
  key text not null,
  within text,
  suite text not null,
  name text not null,
  file text,
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  -- Of passing runs; each new one counts for a fifth.
  mean_ms double precision,
  -- The jobs whose newest run of it on the default branch failed, and since when there are any.
  failing_jobs text[] not null default '{}',
  failing_since timestamptz,
  -- The last time that two runs at the same commit disagreed, and the passes since without a failure.
  flaky_at timestamptz,
  passes integer not null default 0,
  unique (project, repository, key)
);
create index tests_slowest on tests (project, repository, mean_ms, id) where mean_ms is not null;
create index tests_failing on tests (project, repository) where failing_since is not null;
create index tests_flaky on tests (project, repository, flaky_at) where flaky_at is not null;
create index tests_last_seen_at on tests (last_seen_at);

-- One line for each test of each attempt of a job. Looked up by the commit (what did it say before?) and by the branch.
create table test_runs (
  test text not null references tests (id) on delete cascade,
  revision text not null,
  job text not null,
  attempt integer not null,
  pipeline text not null,
  -- Without the number of a shard, so that a test that moves between shards is the same.
  job_name text not null,
  ref text not null,
  status text not null,
  duration_ms integer not null,
  ran_at timestamptz not null,
  primary key (test, revision, job, attempt)
);
create index test_runs_by_branch on test_runs (test, ref, ran_at desc);
create index test_runs_by_pipeline on test_runs (pipeline);
create index test_runs_ran_at on test_runs (ran_at);

create table test_quarantines (
  id text primary key,
  test text not null unique references tests (id) on delete cascade,
  project text not null,
  repository text not null,
  owner text not null,
  reason text not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index test_quarantines_of on test_quarantines (project, repository);
