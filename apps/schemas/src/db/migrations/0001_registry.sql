-- One row for each distinct schema; its id is the same in whatever subject it stands.
create table schemas (
  id integer generated always as identity primary key,
  fingerprint text not null unique,
  type text not null check (type in ('AVRO', 'JSON')),
  body text not null
);

create table subjects (
  project text not null,
  name text not null,
  type text not null check (type in ('AVRO', 'JSON')),
  compatibility text not null default 'BACKWARD' check (compatibility in ('NONE', 'BACKWARD')),
  updated_at timestamptz not null,
  primary key (project, name)
);

create table versions (
  project text not null,
  subject text not null,
  version integer not null check (version > 0),
  schema_id integer not null references schemas,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project, subject, version),
  unique (project, subject, schema_id),
  foreign key (project, subject) references subjects (project, name)
);

-- What runs where, and which versions it writes and reads. Subjects stand here as `project/subject`.
create table deployed (
  project text not null,
  environment text not null,
  component text not null,
  deployment text not null,
  produces jsonb not null,
  consumes jsonb not null,
  since timestamptz not null,
  primary key (project, environment, component)
);
create index deployed_produces on deployed using gin (produces jsonb_path_ops);
create index deployed_consumes on deployed using gin (consumes jsonb_path_ops);
