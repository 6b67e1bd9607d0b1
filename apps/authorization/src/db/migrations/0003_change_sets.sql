-- The whole policy at some revisions, from which the steps of `policy_revisions` lead on: the first that is kept, each
-- 500th, and one that was found without a step of its own.
create table policy_wholes (
  revision bigint primary key,
  policy jsonb not null
);

-- One row: how changes of the policy are governed.
create table policy_settings (
  one boolean primary key default true check (one),
  approvals_needed integer not null check (approvals_needed between 0 and 5),
  updated_at timestamptz not null,
  updated_by text not null
);
insert into policy_settings (approvals_needed, updated_at, updated_by) values (0, now(), 'sa:platform/authorization');

-- One row: the expected decisions that every change set must keep.
create table policy_tests (
  one boolean primary key default true check (one),
  items jsonb not null
);
insert into policy_tests (items) values ('[]');

create table change_sets (
  id text primary key,
  title text not null,
  description text not null,
  state text not null check (state in ('draft', 'proposed', 'approved', 'rejected', 'applied', 'discarded')),
  author text not null,
  -- Everybody who had a hand in what it says: none of them may approve it.
  editors jsonb not null,
  base_revision bigint not null,
  edit jsonb not null,
  added integer not null,
  removed integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  rejected_by text,
  rejected_at timestamptz,
  rejection_reason text,
  applied_revision bigint,
  applied_by text,
  applied_at timestamptz
);
create index change_sets_state on change_sets (state, id);

-- Void as soon as the draft changes: an approval is of these rows and no others.
create table change_set_approvals (
  change_set text not null references change_sets (id),
  by_subject text not null,
  at timestamptz not null,
  primary key (change_set, by_subject)
);

-- Rights that pass are looked at with every change: nobody makes lasting ones of them.
create index bindings_passing on bindings (id) where expires_at is not null or conditions is not null;
