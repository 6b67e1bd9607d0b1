create table projects (
  name text primary key,
  description text not null,
  created_by text not null,
  created_at timestamptz not null default now()
);

create table environments (
  project text not null references projects,
  name text not null,
  tier text not null check (tier in ('development', 'staging', 'production')),
  position integer not null,
  automatic boolean not null,
  created_at timestamptz not null default now(),
  primary key (project, name)
);

create table operations (
  id text primary key,
  project text not null references projects,
  kind text not null,
  target text not null,
  state text not null default 'running' check (state in ('running', 'succeeded', 'failed')),
  steps jsonb not null,
  error jsonb,
  -- Counts the changes, so that a reader of the stream goes on where it was.
  version integer not null default 1,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);

create table components (
  project text not null references projects,
  name text not null,
  kind text not null,
  template text,
  description text not null,
  owner text not null,
  lifecycle text not null,
  tags text[] not null,
  repository text not null,
  -- What is known of it: nothing was asked for, it was asked for, it is ours, or the name is somebody else's.
  repository_state text not null default 'none' check (repository_state in ('none', 'asked', 'made', 'foreign')),
  state text not null check (state in ('creating', 'ready', 'failed', 'deleting')),
  operation text not null references operations,
  parameters jsonb not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (project, name)
);

-- The rendered files, until the repository has them: a second try sends the same ones, even after an upgrade.
create table scaffolds (
  project text not null,
  component text not null,
  message text not null,
  author_name text not null,
  actor text not null,
  files jsonb not null,
  primary key (project, component),
  foreign key (project, component) references components on delete cascade
);

create table workloads (
  project text not null,
  environment text not null,
  workload text not null,
  component text not null,
  -- What was asked for last, and what of it passed its checks last: only that is ever applied.
  desired text not null,
  accepted text,
  running boolean not null default true,
  restart integer not null default 0,
  -- Replicas that a person set; until the next desired change.
  replicas integer,
  removing boolean not null default false,
  -- Counts the changes of desired state: what was seen for an earlier one is not written over a later one.
  generation bigint not null default 1,
  state text not null default 'pending',
  detail text,
  live_deployment text,
  live_revision text,
  live_since text,
  ready_replicas integer not null default 0,
  drifted boolean not null default false,
  url text,
  -- A digest of the wish that the runner took.
  hosted text,
  -- What the last event said.
  told text,
  updated_at timestamptz not null default now(),
  primary key (project, environment, workload),
  foreign key (project, environment) references environments,
  foreign key (project, component) references components
);
create index workloads_component on workloads (project, component);

create table deployments (
  project text not null,
  environment text not null,
  workload text not null,
  deployment text not null,
  revision text not null,
  score text not null,
  artifact jsonb,
  actor text not null,
  verdict text check (verdict in ('accepted', 'refused')),
  refusal text,
  gate jsonb,
  replicas integer not null,
  token text,
  recorded boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (project, environment, workload, deployment),
  foreign key (project, environment, workload) references workloads on delete cascade
);

create table resources (
  id text primary key,
  project text not null,
  environment text not null,
  workload text not null,
  name text not null,
  kind text not null,
  -- Deterministic, and known before the first call out.
  external_name text not null,
  spec jsonb not null default '{}',
  -- Sealed; made once, before the thing that it opens.
  secrets text,
  state text not null default 'pending' check (state in ('pending', 'ready', 'missing', 'removing')),
  detail text,
  outputs jsonb not null default '{}',
  created_at timestamptz not null default now(),
  unique (project, environment, workload, kind, name),
  unique (kind, external_name),
  -- A resource keeps its workload's row alive: nobody forgets what still stands.
  foreign key (project, environment, workload) references workloads
);
