-- Where events of a project are sent. The secrets are encrypted: they sign, so their hashes would not do.
create table webhooks (
  id text primary key,
  project text not null,
  url text not null,
  types jsonb not null,
  description text not null,
  owner text not null,
  secret text not null,
  -- Signs as well until then, so that a receiver can change over.
  previous_secret text,
  previous_until timestamptz,
  state text not null check (state in ('active', 'paused', 'failing')),
  -- Since when nothing was taken; null after a delivery.
  failing_since timestamptz,
  last_delivery_at timestamptz,
  created_at timestamptz not null
);
create index webhooks_project on webhooks (project);

-- One row an event and webhook, written in the transaction that notes the event as handled.
create table webhook_deliveries (
  id text primary key,
  webhook text not null references webhooks (id) on delete cascade,
  event_id text not null,
  event_type text not null,
  -- What is sent, to the byte, also at the tenth attempt.
  body text not null,
  state text not null check (state in ('waiting', 'delivered', 'failed')),
  attempts integer not null default 0,
  status integer,
  error text,
  created_at timestamptz not null,
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  constraint webhook_deliveries_once unique (webhook, event_id)
);
create index webhook_deliveries_newest on webhook_deliveries (webhook, id desc);
create index webhook_deliveries_old on webhook_deliveries (created_at) where state <> 'waiting';
