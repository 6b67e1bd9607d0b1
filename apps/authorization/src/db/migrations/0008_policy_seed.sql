-- How far the seeded policy has grown that this platform was given, so that a start adds what is newer and never again
-- what an administrator took away. Platforms that stand already have the first.
create table policy_seed (
  one boolean primary key default true check (one),
  generation integer not null
);
insert into policy_seed (generation) values (1);
