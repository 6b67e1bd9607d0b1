import { credentialEnded, type Scope } from '@plinth/contracts'
import { appendEvent, isoTime, rows, sql, type Executor, type Tx } from '@plinth/store'
import type { Static } from 'typebox'

export type TokenScope = Static<typeof Scope>

export type NewToken = {
  id: string
  purpose: string | null
  name: string
  subject: string
  groups: readonly string[]
  claims: Readonly<Record<string, string>>
  /** What it is narrowed to; all that its subject may do where there are none. */
  scopes?: readonly TokenScope[] | undefined
  createdBy: string
  hash: string
  prefix: string
  createdAt: Date
  expiresAt: Date
}

export const insertToken = (tx: Tx, token: NewToken) =>
  tx.execute(sql`insert into tokens
    (id, purpose, name, subject, groups, claims, scopes, created_by, hash, prefix, created_at, expires_at)
    values (${token.id}, ${token.purpose}, ${token.name}, ${token.subject}, ${JSON.stringify(token.groups)}::jsonb,
      ${JSON.stringify(token.claims)}::jsonb,
      ${token.scopes === undefined ? null : JSON.stringify(token.scopes)}::jsonb, ${token.createdBy}, ${token.hash}, ${token.prefix},
      ${token.createdAt.toISOString()}::timestamptz, ${token.expiresAt.toISOString()}::timestamptz)`)

/** Until this transaction ends nobody else issues or withdraws for this purpose. */
export const lockPurpose = (tx: Tx, purpose: string) =>
  tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`token purpose ${purpose}`}, 0))`)

/** Which tokens: the one of a purpose, one of a subject by its id, or all of a subject. */
type Which = { purpose: string } | { id: string; subject: string } | { subject: string }

const those = (which: Which) => {
  if ('purpose' in which) return sql`purpose = ${which.purpose}`
  const ofSubject = sql`subject = ${which.subject}`
  return 'id' in which ? sql`id = ${which.id} and purpose is null and ${ofSubject}` : ofSubject
}

/** Withdraws tokens and tells everybody; returns their ids. */
export async function withdrawTokens(tx: Tx, which: Which): Promise<string[]> {
  const gone = await rows<{ id: string; subject: string }>(
    tx,
    sql`delete from tokens where ${those(which)} returning id, subject`,
  )
  for (const { id, subject } of gone)
    await appendEvent(tx, credentialEnded, { project: 'platform', entity: id, data: { credentialId: id, subject } })
  return gone.map(({ id }) => id)
}

export type FoundToken = {
  id: string
  subject: string
  groups: string[]
  claims: Record<string, string>
  scopes: TokenScope[] | null
  displayName: string
  expiresAtMs: number
  /** Its last use was noted less than a minute ago. */
  noted: boolean
}

/** A token that is alive, as is its user where it belongs to one. */
export async function findToken(executor: Executor, hash: string, now: Date): Promise<FoundToken | undefined> {
  const time = sql`${now.toISOString()}::timestamptz`
  const [token] = await rows<FoundToken>(
    executor,
    sql`select t.id, t.subject, t.groups, t.claims, t.scopes, coalesce(u.display_name, t.name) as "displayName",
        (extract(epoch from t.expires_at) * 1000)::float8 as "expiresAtMs",
        coalesce(t.last_used_at > ${time} - interval '1 minute', false) as noted
      from tokens t left join users u on t.subject = 'user:' || u.username
      where t.hash = ${hash} and t.expires_at > ${time}
        and (t.subject not like 'user:%' or u.disabled is false)`,
  )
  return token
}

export const noteUse = (executor: Executor, id: string, now: Date) =>
  executor.execute(sql`update tokens set last_used_at = ${now.toISOString()}::timestamptz
    where id = ${id} and (last_used_at is null
      or last_used_at <= ${now.toISOString()}::timestamptz - interval '1 minute')`)

export async function findByPurpose(executor: Executor, purpose: string) {
  const [token] = await rows<{ id: string; hash: string }>(
    executor,
    sql`select id, hash from tokens where purpose = ${purpose}`,
  )
  return token
}

export const prolong = (tx: Tx, id: string, expiresAt: Date) =>
  tx.execute(sql`update tokens set expires_at = ${expiresAt.toISOString()}::timestamptz where id = ${id}`)

export async function expiryOf(executor: Executor, id: string): Promise<Date | undefined> {
  const [token] = await rows<{ expiresAt: string }>(
    executor,
    sql`select ${isoTime(sql`expires_at`)} as "expiresAt" from tokens where id = ${id}`,
  )
  return token && new Date(token.expiresAt)
}

export type TokenRow = {
  id: string
  name: string
  prefix: string
  scopes: TokenScope[] | null
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

/** The personal tokens of a subject that are alive, oldest first. */
export const listTokens = (executor: Executor, subject: string, now: Date): Promise<TokenRow[]> =>
  rows<TokenRow>(
    executor,
    sql`select id, name, prefix, scopes, ${isoTime(sql`created_at`)} as "createdAt", ${isoTime(sql`expires_at`)} as "expiresAt",
        ${isoTime(sql`last_used_at`)} as "lastUsedAt"
      from tokens where subject = ${subject} and purpose is null and expires_at > ${now.toISOString()}::timestamptz
      order by id limit 200`,
  )
