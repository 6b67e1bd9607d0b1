-- What was refused as breaking, kept for somebody to decide about. One row for each content and newest version that it
-- was held against: an approval says nothing of versions that its giver has not seen.
create table reviews (
  id text primary key,
  project text not null,
  subject text not null,
  type text not null,
  body text not null,
  refs jsonb not null,
  fingerprint text not null,
  against integer not null,
  level text not null,
  incompatibilities jsonb not null,
  problems integer not null,
  size_bytes integer not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'rejected', 'used')),
  asked_by text not null,
  asked_at timestamptz not null,
  last_asked_at timestamptz not null,
  attempts integer not null default 1,
  decided_by text,
  decided_at timestamptz,
  reason text,
  expires_at timestamptz,
  version integer,
  unique (project, subject, fingerprint, against)
);
create index reviews_newest on reviews (project, asked_at desc, id desc);

-- All who tried it; none of them may approve it.
create table review_askers (
  review text not null references reviews on delete cascade,
  subject text not null,
  primary key (review, subject)
);

-- A subject without a row is active, without owner and tags.
create table subject_governance (
  project text not null,
  subject text not null,
  owner text,
  description text not null default '',
  lifecycle text not null default 'active' check (lifecycle in ('draft', 'active', 'deprecated', 'retired')),
  lifecycle_since timestamptz,
  lifecycle_by text,
  retire_on date,
  replacement text,
  note text,
  tags text[] not null default '{}',
  field_tags jsonb not null default '{}',
  updated_at timestamptz not null,
  updated_by text not null,
  primary key (project, subject)
);

-- What differs from the rules' defaults; without an environment ('') it holds in the whole project.
create table lint_settings (
  project text not null,
  environment text not null,
  rule text not null,
  severity text not null check (severity in ('off', 'warn', 'error')),
  style text,
  words text[],
  primary key (project, environment, rule)
);

-- Where data with a tag may go; null: anywhere.
create table classifications (
  project text not null,
  tag text not null,
  description text not null,
  environments text[],
  projects text[],
  primary key (project, tag)
);

-- What can be searched: the newest version of each subject that is not deleted.
create table search_entries (
  project text not null,
  subject text not null,
  version integer not null,
  type text not null,
  title text,
  doc text,
  owner text,
  lifecycle text not null,
  tags text[] not null,
  fields jsonb not null,
  words tsvector not null,
  primary key (project, subject)
);
create index search_entries_words on search_entries using gin (words);
create index search_entries_tags on search_entries using gin (tags);

-- Subjects whose entry is behind. Rows are only added and taken away, so that nobody waits for anybody here.
create table search_pending (
  id bigint generated always as identity primary key,
  project text not null,
  subject text not null
);

-- By trigger, since versions come and go in several ways (registered, imported, deleted softly or for good), and each
-- must reach the search.
create function note_for_search() returns trigger language plpgsql as $$
begin
  insert into search_pending (project, subject) select distinct project, subject from changed;
  return null;
end
$$;
create trigger versions_added after insert on versions
  referencing new table as changed for each statement execute function note_for_search();
create trigger versions_changed after update on versions
  referencing new table as changed for each statement execute function note_for_search();
create trigger versions_removed after delete on versions
  referencing old table as changed for each statement execute function note_for_search();
create trigger governance_added after insert on subject_governance
  referencing new table as changed for each statement execute function note_for_search();
create trigger governance_changed after update on subject_governance
  referencing new table as changed for each statement execute function note_for_search();

insert into search_pending (project, subject) select distinct project, subject from versions;
