import { isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'

export type Provider = {
  name: string
  displayName: string
  issuer: string
  clientId: string
  /** Sealed. */
  clientSecret: string | null
  scopes: string[]
  usernameClaim: string
  groupsClaim: string | null
  /** From the provider's groups to ours. */
  groups: Record<string, string>
  signUp: boolean
  updatedAt: string
}

const columns = sql`name, display_name as "displayName", issuer, client_id as "clientId",
  client_secret as "clientSecret", scopes, username_claim as "usernameClaim", groups_claim as "groupsClaim", groups,
  sign_up as "signUp", ${isoTime(sql`updated_at`)} as "updatedAt"`

export const listProviders = (executor: Executor): Promise<Provider[]> =>
  rows<Provider>(executor, sql`select ${columns} from identity_providers order by name`)

export async function findProvider(executor: Executor, name: string): Promise<Provider | undefined> {
  const [found] = await rows<Provider>(executor, sql`select ${columns} from identity_providers where name = ${name}`)
  return found
}

/** Made anew or changed; a secret that is not given stays. */
export const saveProvider = (tx: Tx, p: Provider) =>
  tx.execute(sql`insert into identity_providers as p (name, display_name, issuer, client_id, client_secret, scopes,
      username_claim, groups_claim, groups, sign_up, updated_at)
    values (${p.name}, ${p.displayName}, ${p.issuer}, ${p.clientId}, ${p.clientSecret},
      ${JSON.stringify(p.scopes)}::jsonb, ${p.usernameClaim}, ${p.groupsClaim}, ${JSON.stringify(p.groups)}::jsonb,
      ${p.signUp}, ${p.updatedAt}::timestamptz)
    on conflict (name) do update set display_name = excluded.display_name, issuer = excluded.issuer,
      client_id = excluded.client_id, client_secret = excluded.client_secret, scopes = excluded.scopes,
      username_claim = excluded.username_claim, groups_claim = excluded.groups_claim, groups = excluded.groups,
      sign_up = excluded.sign_up, updated_at = excluded.updated_at`)

export async function deleteProvider(tx: Tx, name: string): Promise<boolean> {
  const gone = await tx.execute(sql`delete from identity_providers where name = ${name}`)
  await tx.execute(sql`delete from provider_sign_ins where provider = ${name}`)
  return gone.rowCount === 1
}

export type Begun = { stateHash: string; provider: string; issuer: string; returnTo: string; expiresAt: Date }

export const insertSignIn = (executor: Executor, begun: Begun) =>
  executor.execute(sql`insert into provider_sign_ins (state_hash, provider, issuer, return_to, expires_at)
    values (${begun.stateHash}, ${begun.provider}, ${begun.issuer}, ${begun.returnTo},
      ${begun.expiresAt.toISOString()}::timestamptz)`)

/** What was begun with this state, once: whoever comes second finds nothing. */
export async function takeSignIn(executor: Executor, o: { stateHash: string; provider: string; now: Date }) {
  const [row] = await rows<{ issuer: string; returnTo: string; alive: boolean }>(
    executor,
    sql`delete from provider_sign_ins where state_hash = ${o.stateHash} and provider = ${o.provider}
      returning issuer, return_to as "returnTo", expires_at > ${o.now.toISOString()}::timestamptz as alive`,
  )
  return row?.alive === true ? row : undefined
}

export type WhoOfProvider = { provider: string; issuer: string; subject: string }

export async function findIdentity(tx: Tx, who: WhoOfProvider): Promise<string | undefined> {
  const [row] = await rows<{ username: string }>(
    tx,
    sql`select username from user_identities
      where provider = ${who.provider} and issuer = ${who.issuer} and subject = ${who.subject} for update`,
  )
  return row?.username
}

export const saveIdentity = (tx: Tx, who: WhoOfProvider & { username: string; now: Date }) =>
  tx.execute(sql`insert into user_identities (provider, issuer, subject, username, created_at, last_sign_in_at)
    values (${who.provider}, ${who.issuer}, ${who.subject}, ${who.username}, ${who.now.toISOString()}::timestamptz,
      ${who.now.toISOString()}::timestamptz)
    on conflict (provider, issuer, subject) do update set last_sign_in_at = excluded.last_sign_in_at`)

/** The groups that a provider's word put a user in. */
export async function givenGroups(tx: Tx, username: string, provider: string): Promise<string[]> {
  const found = await rows<{ name: string }>(
    tx,
    sql`select group_name as name from group_members where username = ${username} and provider = ${provider}`,
  )
  return found.map(({ name }) => name)
}

/** Of these groups, those that there are. */
export async function existingGroups(executor: Executor, names: readonly string[]): Promise<Set<string>> {
  const found = await rows<{ name: string }>(
    executor,
    sql`select name from groups where name in (select json_array_elements_text(${JSON.stringify(names)}::json))`,
  )
  return new Set(found.map(({ name }) => name))
}

/** False when he is in it already: then it is an administrator's word, which no provider takes back. */
export async function giveGroup(tx: Tx, group: string, username: string, provider: string): Promise<boolean> {
  const made = await tx.execute(sql`insert into group_members (group_name, username, provider)
    values (${group}, ${username}, ${provider}) on conflict do nothing`)
  return made.rowCount === 1
}

/** Who has a session by this provider, or once had one. */
export async function usersOf(tx: Tx, provider: string): Promise<string[]> {
  const found = await rows<{ username: string }>(
    tx,
    sql`select distinct username from user_identities where provider = ${provider}`,
  )
  return found.map(({ username }) => username)
}

/** Takes back whatever a provider's word gave; returns it as links of the policy. */
export async function dropGivenGroups(tx: Tx, provider: string) {
  const gone = await rows<{ group: string; username: string }>(
    tx,
    sql`delete from group_members where provider = ${provider} returning group_name as "group", username`,
  )
  return gone.map(({ group, username }) => ({ subject: `user:${username}`, role: `group:${group}`, domain: '*' }))
}
