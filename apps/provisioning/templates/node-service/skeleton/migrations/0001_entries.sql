-- Applied by `plinth database apply`; the service makes the same where it starts before that.
create table if not exists entries (
  id bigint generated always as identity primary key,
  amount bigint not null,
  description text not null,
  recorded_at timestamptz not null default now()
);
