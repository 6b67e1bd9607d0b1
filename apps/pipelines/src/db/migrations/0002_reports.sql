-- What the reports of a job's newest reported attempt say together.
create table job_reports (
  job text primary key references jobs (id) on delete cascade,
  pipeline text not null,
  attempt integer not null,
  -- Sums over its files; null where no coverage was reported.
  coverage jsonb,
  -- How many by severity; null where no findings were reported.
  findings jsonb,
  -- Which reports could not be read, and why.
  problems jsonb not null
);
create index job_reports_pipeline on job_reports (pipeline);

create table coverage_files (
  job text not null references job_reports (job) on delete cascade,
  path text not null,
  lines_covered integer not null,
  lines_total integer not null,
  branches_covered integer not null,
  branches_total integer not null,
  primary key (job, path)
);

create table findings (
  job text not null references job_reports (job) on delete cascade,
  position integer not null,
  tool text not null,
  rule text not null,
  severity text not null,
  path text not null,
  line integer not null,
  message text not null,
  fingerprint text not null,
  primary key (job, position)
);

alter table test_cases add column within text, add column file text;
