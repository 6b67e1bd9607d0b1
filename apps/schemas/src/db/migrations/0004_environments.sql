-- Whom to talk to about what runs, and how many instances of it were asked for.
alter table deployed add column owner text;
alter table deployed add column replicas integer not null default 1;
-- The projects whose subjects it uses: the way from a project to all who speak with it.
alter table deployed add column projects text[] not null default '{}';
update deployed set projects = array(
  select distinct split_part(use ->> 'subject', '/', 1) from jsonb_array_elements(produces || consumes) use);
create index deployed_projects on deployed using gin (projects);

-- What the score.yaml on the default branch says; it may differ from what is deployed.
create table declared (
  project text not null,
  component text not null,
  revision text not null,
  produces jsonb not null,
  consumes jsonb not null,
  projects text[] not null,
  since timestamptz not null,
  primary key (project, component)
);
create index declared_projects on declared using gin (projects);
create index declared_produces on declared using gin (produces jsonb_path_ops);
create index declared_consumes on declared using gin (consumes jsonb_path_ops);

-- The version that somebody said is current in an environment; without a row what is deployed there decides.
create table pins (
  project text not null,
  subject text not null,
  environment text not null,
  version integer not null check (version > 0),
  reason text not null,
  promoted_from text,
  pinned_by text not null,
  pinned_at timestamptz not null,
  primary key (project, subject, environment)
);

create table promotions (
  id bigint generated always as identity primary key,
  project text not null,
  subject text not null,
  from_environment text,
  to_environment text not null,
  version integer,
  before integer,
  reason text not null,
  promoted_by text not null,
  promoted_at timestamptz not null
);
create index promotions_of_subject on promotions (project, subject, id desc);

create table gate_overrides (
  id text primary key,
  project text not null,
  environment text not null,
  component text not null,
  subject text,
  reason text not null,
  granted_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  withdrawn_by text,
  withdrawn_at timestamptz,
  uses integer not null default 0,
  check (expires_at <= created_at + interval '7 days')
);
create index gate_overrides_there on gate_overrides (project, environment, expires_at desc);

-- Counters by the hour. No payload is ever kept: what is wrong is said by place and rule.
create table sample_counts (
  project text not null,
  subject text not null,
  version integer not null,
  environment text not null,
  source text not null,
  hour timestamptz not null,
  checked bigint not null,
  invalid bigint not null,
  primary key (project, subject, hour, version, environment, source)
);
create table sample_reasons (
  project text not null,
  subject text not null,
  version integer not null,
  environment text not null,
  path text not null,
  message text not null,
  source text not null,
  count bigint not null,
  last_seen_at timestamptz not null,
  primary key (project, subject, version, environment, path, message)
);
