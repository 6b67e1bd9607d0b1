-- What is known of the databases of components. The truth about what is applied stands in each database itself, in the
-- transaction of the migration; this is what was last seen there.
create table databases (
  project text not null,
  environment text not null,
  component text not null,
  resource text not null,
  applied jsonb not null,
  -- Of the migrations that are applied, in order: the key of what they make.
  prefix text not null,
  schema_version integer,
  drift text not null default 'unknown' check (drift in ('none', 'drifted', 'unknown')),
  differences jsonb not null default '[]',
  checked_at timestamptz,
  updated_at timestamptz not null,
  primary key (project, environment, component, resource)
);
create index databases_to_look_at on databases (checked_at nulls first);

-- What the first so many migrations of a component make of an empty database.
create table database_catalogs (
  project text not null,
  component text not null,
  prefix text not null,
  catalog text not null,
  created_at timestamptz not null,
  primary key (project, component, prefix)
);

-- With which migrations a revision of a component was built.
create table database_builds (
  project text not null,
  component text not null,
  revision text not null,
  prefix text not null,
  created_at timestamptz not null,
  primary key (project, component, revision)
);

create table database_runs (
  id text primary key,
  project text not null,
  environment text not null,
  component text not null,
  resource text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed')),
  detail text,
  -- All files of the repository, as name and text; emptied when the run has ended.
  files jsonb not null,
  selected jsonb not null,
  applied jsonb not null default '[]',
  held jsonb not null,
  schema_version integer not null,
  revision text,
  attempts integer not null default 0,
  requested_by text not null,
  created_at timestamptz not null,
  finished_at timestamptz
);
create unique index database_runs_one_at_a_time on database_runs (project, environment, component, resource)
  where state in ('queued', 'running');
create index database_runs_of_place on database_runs (project, environment, component, resource, created_at desc);
