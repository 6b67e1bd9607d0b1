alter table bindings add column conditions jsonb;

-- Times in which nothing changes. Part of the policy: whoever writes here makes a new revision of it.
create table freezes (
  id text primary key,
  domain text not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null check (ends_at > starts_at),
  reason text not null,
  created_at timestamptz not null,
  created_by text not null
);

-- Every revision with the step that led to it (PolicyStep), written in the transaction of the change. The first one
-- holds the whole policy as it was then, so that any later one can be computed forwards.
create table policy_revisions (
  revision bigint primary key,
  at timestamptz not null,
  by_subject text not null,
  summary text not null,
  change_set text,
  added integer not null,
  removed integer not null,
  step jsonb not null
);
