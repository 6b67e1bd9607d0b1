-- One row for each distinct content of a project: its text, what it refers to, its metadata and its rules.
alter table versions rename to versions_before;
alter table schemas rename to schemas_before;

-- No row that every registration would have to lock: numbers that a failed one took are simply left out.
create sequence schema_ids as integer;

create table schemas (
  project text not null,
  id integer not null check (id > 0),
  kind text not null,
  -- As it was written; the canonical text is null where it is the same.
  body text not null,
  canonical text,
  fingerprint text not null,
  guid uuid not null,
  refs jsonb not null default '[]',
  metadata jsonb,
  rule_set jsonb,
  created_at timestamptz not null,
  constraint schemas_key primary key (project, id),
  constraint schemas_one_id_for_one_content unique (project, fingerprint)
);
create index schemas_by_id on schemas (id);
create index schemas_by_guid on schemas (guid);

-- What a schema refers to, for the way back: who would break if it went.
create table schema_references (
  project text not null,
  schema_id integer not null,
  target_project text not null,
  target_subject text not null,
  target_version integer not null,
  foreign key (project, schema_id) references schemas (project, id) on delete cascade
);
create index schema_references_of_schema on schema_references (project, schema_id);
create index schema_references_to_target on schema_references (target_project, target_subject, target_version);

alter table subjects drop constraint subjects_type_check;
-- The newest version that is not deleted; 0 where all are.
alter table subjects add column latest_version integer not null default 0;

create table versions (
  project text not null,
  subject text not null,
  version integer not null check (version > 0),
  schema_id integer not null,
  deleted boolean not null default false,
  created_at timestamptz not null,
  created_by text not null,
  constraint versions_key primary key (project, subject, version),
  foreign key (project, subject) references subjects (project, name),
  foreign key (project, schema_id) references schemas (project, id)
);
create unique index versions_one_live on versions (project, subject, schema_id) where not deleted;
create index versions_by_schema on versions (project, schema_id);

-- Of a subject; of a project where the subject is ''; of all where the project is '' too.
create table scope_configs (
  project text not null,
  subject text not null,
  settings jsonb not null,
  updated_at timestamptz not null,
  primary key (project, subject)
);
create table scope_modes (
  project text not null,
  subject text not null,
  mode text not null check (mode in ('READWRITE', 'READONLY', 'READONLY_OVERRIDE', 'IMPORT')),
  updated_at timestamptz not null,
  primary key (project, subject)
);

-- Counts what makes answers that processes keep in memory wrong: deletions and settings, never plain registrations.
create table registry_generation (
  one boolean primary key default true check (one),
  value bigint not null default 0
);
insert into registry_generation default values;

insert into schemas (project, id, kind, body, fingerprint, guid, created_at)
  select v.project, b.id, b.type, b.body, b.fingerprint, md5(b.type || E'\n' || b.body)::uuid, min(v.created_at)
  from versions_before v join schemas_before b on b.id = v.schema_id
  group by v.project, b.id, b.type, b.body, b.fingerprint;
insert into versions (project, subject, version, schema_id, created_at, created_by)
  select project, subject, version, schema_id, created_at, created_by from versions_before;
update subjects s set latest_version =
  (select coalesce(max(v.version), 0) from versions v where v.project = s.project and v.subject = s.name);
insert into scope_configs (project, subject, settings, updated_at)
  select project, name, jsonb_build_object('compatibilityLevel', compatibility), updated_at
  from subjects where compatibility <> 'BACKWARD';
alter table subjects drop column compatibility;
select setval('schema_ids', max(id)) from schemas_before having max(id) is not null;
drop table versions_before;
drop table schemas_before;
