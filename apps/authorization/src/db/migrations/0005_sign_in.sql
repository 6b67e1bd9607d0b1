-- Those who sign in by a provider alone have no password.
alter table users alter column password_hash drop not null;

create table identity_providers (
  name text primary key,
  display_name text not null,
  issuer text not null,
  client_id text not null,
  -- Sealed with PLINTH_SECRET_KEY; null for a public client.
  client_secret text,
  scopes jsonb not null,
  username_claim text not null,
  groups_claim text,
  groups jsonb not null,
  sign_up boolean not null,
  updated_at timestamptz not null
);

-- Who is who: by the provider's own id of him, with the issuer, so that a provider that is made anew with the same name
-- but another issuer vouches for nobody whom the former one did. Not a foreign key for the same reason: these stay.
create table user_identities (
  provider text not null,
  issuer text not null,
  subject text not null,
  username text not null references users (username),
  created_at timestamptz not null,
  last_sign_in_at timestamptz not null,
  primary key (provider, issuer, subject)
);
create index user_identities_username on user_identities (username);

-- Membership that a provider's word gave, and its word takes away; null for what an administrator gave.
alter table group_members add column provider text;
-- By which provider one came in; null for those with a password.
alter table sessions add column provider text;
create index sessions_provider on sessions (provider) where provider is not null;

-- Sign-ins that were begun. State, nonce and PKCE verifier are made from the secret in the browser's cookie, of which
-- only hashes are here: a row is worth nothing without the browser that began.
create table provider_sign_ins (
  state_hash text primary key,
  provider text not null,
  issuer text not null,
  return_to text not null,
  expires_at timestamptz not null
);
create index provider_sign_ins_expires_at on provider_sign_ins (expires_at);

create table device_codes (
  device_hash text primary key,
  user_code_hash text not null unique,
  client text not null,
  address text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  interval_seconds integer not null,
  last_poll_at timestamptz,
  state text not null check (state in ('pending', 'allowed', 'denied')),
  username text references users (username),
  -- Of the session that allowed it: the device's session ends with the same provider.
  provider text
);
create index device_codes_expires_at on device_codes (expires_at);

create table signing_keys (
  kid text primary key,
  use text not null check (use in ('access', 'identity')),
  state text not null check (state in ('next', 'active', 'retiring')),
  -- PEM.
  public_key text not null,
  -- PEM, sealed with PLINTH_SECRET_KEY; forgotten as soon as it no longer signs.
  private_key text check ((private_key is null) = (state = 'retiring')),
  created_at timestamptz not null,
  signs_from timestamptz,
  verifies_until timestamptz
);
-- Never two that sign, nor two that wait, however many processes rotate and wherever one is killed.
create unique index signing_keys_state on signing_keys (use, state) where state <> 'retiring';

-- What a token is narrowed to; null: all that its owner may do.
alter table tokens add column scopes jsonb;
alter table tokens add column created_by text;
