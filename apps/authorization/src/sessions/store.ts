import { credentialEnded } from '@plinth/contracts'
import { newId } from '@plinth/kernel'
import { appendEvent, rows, sql, type Executor, type Tx } from '@plinth/store'

export type SessionKind = 'api' | 'portal'
export type SessionUser = { username: string; displayName: string; passwordHash: string | null; disabled: boolean }

export async function findUser(executor: Executor, username: string): Promise<SessionUser | undefined> {
  const [user] = await rows<SessionUser>(
    executor,
    sql`select username, display_name as "displayName", password_hash as "passwordHash", disabled
      from users where username = ${username}`,
  )
  return user
}

export type NewSession = {
  kind: SessionKind
  username: string
  /** Of the password that was verified, where one was: it must still be his. */
  passwordHash?: string | null
  /** The identity provider that vouched for him, where one did. */
  provider?: string | undefined
  secretHash?: string
  now: Date
  expiresAt: Date
}

/** Adds a session of an enabled user, and returns its id; undefined where he is none any more, or has another password. */
export async function insertSession(tx: Tx, o: NewSession): Promise<string | undefined> {
  const id = newId('ses', o.now.getTime())
  // Locks the user, so that it is either before his being disabled, and ended with it, or after, and refused.
  const same = await rows(
    tx,
    sql`select 1 from users where username = ${o.username} and not disabled
      and ${o.passwordHash === undefined ? sql`true` : sql`password_hash = ${o.passwordHash}`} for share`,
  )
  if (same.length === 0) return undefined
  await tx.execute(sql`insert into sessions
    (id, kind, username, provider, secret_hash, created_at, expires_at)
    values (${id}, ${o.kind}, ${o.username}, ${o.provider ?? null}, ${o.secretHash ?? null},
      ${o.now.toISOString()}::timestamptz, ${o.expiresAt.toISOString()}::timestamptz)`)
  return id
}

export const insertRefreshToken = (tx: Tx, o: { hash: string; sessionId: string; expiresAt: Date }) =>
  tx.execute(sql`insert into refresh_tokens (hash, session_id, expires_at)
    values (${o.hash}, ${o.sessionId}, ${o.expiresAt.toISOString()}::timestamptz)`)

export type RefreshState = {
  sessionId: string
  username: string
  displayName: string
  /** Of the session. */
  expiresAtMs: number
  used: boolean
  usable: boolean
}

/** What a refresh token stands for, with its session locked: of two who bring it at once, one is the second. */
export async function lockRefreshToken(tx: Tx, hash: string, now: Date): Promise<RefreshState | undefined> {
  const time = sql`${now.toISOString()}::timestamptz`
  const locked = await rows(
    tx,
    sql`select 1 from sessions where id = (select session_id from refresh_tokens where hash = ${hash}) for update`,
  )
  if (locked.length === 0) return undefined
  const [state] = await rows<RefreshState>(
    tx,
    sql`select s.id as "sessionId", s.username, u.display_name as "displayName", r.used_at is not null as used,
        (extract(epoch from s.expires_at) * 1000)::float8 as "expiresAtMs",
        s.ended_at is null and s.expires_at > ${time} and r.expires_at > ${time} and not u.disabled as usable
      from refresh_tokens r join sessions s on s.id = r.session_id join users u on u.username = s.username
      where r.hash = ${hash}`,
  )
  return state
}

export const markUsed = (tx: Tx, hash: string, now: Date) =>
  tx.execute(sql`update refresh_tokens set used_at = ${now.toISOString()}::timestamptz where hash = ${hash}`)

/** Which sessions: one by its id, all of a user, or all that an identity provider vouched for. */
type Which = { id: string } | { username: string } | { provider: string }

const those = (which: Which) => {
  if ('id' in which) return sql`id = ${which.id}`
  return 'provider' in which ? sql`provider = ${which.provider}` : sql`username = ${which.username}`
}

/** Ends sessions that are alive and tells everybody; returns their ids. */
export async function endSessions(tx: Tx, which: Which, reason: string, now: Date): Promise<string[]> {
  const ended = await rows<{ id: string; username: string }>(
    tx,
    sql`update sessions set ended_at = ${now.toISOString()}::timestamptz, end_reason = ${reason}
      where ${those(which)} and ended_at is null returning id, username`,
  )
  for (const { id, username } of ended) {
    await appendEvent(tx, credentialEnded, {
      project: 'platform',
      entity: id,
      data: { credentialId: id, subject: `user:${username}` },
    })
  }
  return ended.map(({ id }) => id)
}

export async function findPortalSession(executor: Executor, secretHash: string, now: Date) {
  const [found] = await rows<{ id: string; username: string; displayName: string; expiresAtMs: number }>(
    executor,
    sql`select s.id, s.username, u.display_name as "displayName",
        (extract(epoch from s.expires_at) * 1000)::float8 as "expiresAtMs"
      from sessions s join users u on u.username = s.username
      where s.secret_hash = ${secretHash} and s.ended_at is null and not u.disabled
        and s.expires_at > ${now.toISOString()}::timestamptz`,
  )
  return found
}

/** By which provider a session's user came in; null for a password, undefined where there is no such session alive. */
export async function providerOf(executor: Executor, id: string, now: Date): Promise<string | null | undefined> {
  const [found] = await rows<{ provider: string | null }>(
    executor,
    sql`select provider from sessions
      where id = ${id} and ended_at is null and expires_at > ${now.toISOString()}::timestamptz`,
  )
  return found?.provider
}
