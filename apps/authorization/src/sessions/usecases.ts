import { failure, type ResolvedIdentity } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { source, type Parts } from '../parts.ts'
import { hashOf, newSecret } from '../tokens/secrets.ts'
import { withdrawTokens } from '../tokens/store.ts'
import { accessTokenSeconds } from './access-tokens.ts'
import * as attempts from './attempts.ts'
import * as sessions from './store.ts'

const hourMs = 3_600_000
/** A session ends, however much it is used. */
const apiSessionMs = 30 * 24 * hourMs
/** Of a program for whom a provider vouched: a day later it has to vouch again, and say of which groups he is. */
const vouchedSessionMs = 24 * hourMs
export const portalSessionMs = 12 * hourMs
/** One that is not refreshed for so long is over. */
const refreshMs = 7 * 24 * hourMs

export type Resolved = Static<typeof ResolvedIdentity>
type Credentials = { username: string; password: string }
type SessionParts = Pick<Parts, 'store' | 'clock' | 'passwords' | 'accessTokens'>
type Refreshed = { sessionId: string; username: string; displayName: string; refreshToken: string }

export const sessionUseCases = (parts: SessionParts) => {
  const { store, clock, accessTokens } = parts

  const tokensOf = async ({ sessionId, refreshToken, ...user }: Refreshed) => ({
    accessToken: await accessTokens.issue(user, sessionId),
    refreshToken,
    expiresInSeconds: accessTokenSeconds,
  })

  return {
    async createSession(credentials: Credentials, requestId?: string) {
      const refreshToken = newSecret('plr')
      const { user, sessionId } = await signIn(parts, credentials, requestId, (tx, { username, passwordHash }) =>
        openApiSession(tx, { username, passwordHash, refreshToken, now: clock.now() }),
      )
      return tokensOf({ sessionId, username: user.username, displayName: user.displayName, refreshToken })
    },

    /** A session for somebody who was vouched for in another way, such as by a device that he allowed. */
    async openFor(tx: Tx, { username, provider }: { username: string; provider: string | null }) {
      const refreshToken = newSecret('plr')
      const vouched = { username, provider: provider ?? undefined, refreshToken, now: clock.now() }
      const sessionId = await openApiSession(tx, vouched)
      const user = await sessions.findUser(tx, username)
      if (sessionId === undefined || user === undefined) return undefined
      return { sessionId, tokens: () => tokensOf({ sessionId, username, displayName: user.displayName, refreshToken }) }
    },

    async refreshSession(refreshToken: string, requestId?: string) {
      const outcome = await store.transaction((tx) => refreshIn(tx, { refreshToken, requestId, now: clock.now() }))
      if (typeof outcome === 'string') throw failure('authorization.refresh_token_invalid')
      return tokensOf(outcome)
    },

    async endSession(who: Identity): Promise<void> {
      if (!who.credentialId.startsWith('ses_')) {
        throw failure('platform.not_found', {
          detail: 'This request came with a token, not in a session; withdraw it with DELETE /api/v1/me/tokens/:token.',
        })
      }
      await store.transaction(async (tx) => {
        const ended = await sessions.endSessions(tx, { id: who.credentialId }, 'signed out', clock.now())
        for (const id of ended)
          await recordAudit(tx, source, who, { action: 'session.end', project: 'platform', object: `session/${id}` })
      })
    },

    endUserSessions: (who: Identity, username: string, withTokens: boolean) =>
      store.transaction((tx) => endAllOf(tx, who, { username, withTokens, now: clock.now() })),

    async openPortalSession(credentials: Credentials): Promise<{ secret: string; identity: Resolved }> {
      const secret = newSecret('pls')
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + portalSessionMs)
      const kept = { kind: 'portal', secretHash: hashOf(secret), now, expiresAt } as const
      const { user, sessionId } = await signIn(parts, credentials, undefined, (tx, { username, passwordHash }) =>
        sessions.insertSession(tx, { ...kept, username, passwordHash }),
      )
      return { secret, identity: userIdentity(user, sessionId, expiresAt.getTime()) }
    },

    async resolvePortalSession(secret: string): Promise<Resolved | undefined> {
      const found = await sessions.findPortalSession(store.db, hashOf(secret), clock.now())
      return found && userIdentity(found, found.id, Math.floor(found.expiresAtMs))
    },
  }
}

/** A refresh token that comes a second time was copied: whoever brought it, the session ends. */
async function refreshIn(
  tx: Tx,
  { refreshToken, requestId, now }: { refreshToken: string; requestId: string | undefined; now: Date },
): Promise<Refreshed | 'reused' | 'invalid'> {
  const state = await sessions.lockRefreshToken(tx, hashOf(refreshToken), now)
  if (state === undefined || (!state.usable && !state.used)) return 'invalid'
  const { sessionId, username, displayName, expiresAtMs } = state
  if (state.used) {
    const ended = await sessions.endSessions(tx, { id: sessionId }, 'refresh token used twice', now)
    if (ended.length === 0) return 'invalid'
    await recordAudit(
      tx,
      source,
      { subject: `user:${username}`, ...(requestId && { requestId }) },
      {
        action: 'session.refresh',
        project: 'platform',
        object: `session/${sessionId}`,
        outcome: 'denied',
        detail: { reason: 'the refresh token was used before; the session was ended' },
      },
    )
    return 'reused'
  }
  const next = newSecret('plr')
  const expiresAt = new Date(Math.min(now.getTime() + refreshMs, expiresAtMs))
  await sessions.markUsed(tx, hashOf(refreshToken), now)
  await sessions.insertRefreshToken(tx, { hash: hashOf(next), sessionId, expiresAt })
  return { sessionId, username, displayName, refreshToken: next }
}

/** Signs a user out everywhere; with his tokens, for when his machine was lost. */
async function endAllOf(
  tx: Tx,
  who: Identity,
  { username, withTokens, now }: { username: string; withTokens: boolean; now: Date },
): Promise<{ sessions: number; tokens: number }> {
  if ((await sessions.findUser(tx, username)) === undefined)
    throw failure('authorization.user_unknown', { detail: `There is no user '${username}'.` })
  const ended = await sessions.endSessions(tx, { username }, 'ended by an administrator', now)
  const withdrawn = withTokens ? await withdrawTokens(tx, { subject: `user:${username}` }) : []
  const counts = { sessions: ended.length, tokens: withdrawn.length }
  await recordAudit(tx, source, who, {
    action: 'user.sign-out',
    project: 'platform',
    object: `user/${username}`,
    detail: counts,
  })
  return counts
}

export const userIdentity = (
  user: { username: string; displayName: string },
  credentialId: string,
  expiresAtMs: number,
): Resolved => ({
  subject: `user:${user.username}`,
  subjects: [`user:${user.username}`],
  displayName: user.displayName,
  credentialId,
  claims: {},
  expiresAtMs,
})

/** A session of programs, with the refresh token that prolongs it. */
async function openApiSession(
  tx: Tx,
  {
    refreshToken,
    ...who
  }: Pick<sessions.NewSession, 'username' | 'passwordHash' | 'provider' | 'now'> & { refreshToken: string },
): Promise<string | undefined> {
  const startMs = who.now.getTime()
  const lifetimeMs = who.provider === undefined ? apiSessionMs : vouchedSessionMs
  const id = await sessions.insertSession(tx, { ...who, kind: 'api', expiresAt: new Date(startMs + lifetimeMs) })
  if (id === undefined) return undefined
  const expiresAt = new Date(startMs + Math.min(refreshMs, lifetimeMs))
  await sessions.insertRefreshToken(tx, { hash: hashOf(refreshToken), sessionId: id, expiresAt })
  return id
}

type OpenSession = (
  tx: Parameters<typeof sessions.insertSession>[0],
  user: sessions.SessionUser,
) => Promise<string | undefined>

/**
 * Checks name and password and opens a session. An unknown name, a wrong password and a disabled user are one answer
 * in one time: the same statements, the same hashing, the same lock.
 */
async function signIn(
  { store, clock, passwords }: SessionParts,
  { username, password }: Credentials,
  requestId: string | undefined,
  open: OpenSession,
): Promise<{ user: sessions.SessionUser; sessionId: string }> {
  const name = printable(username)
  const { lockedSeconds } = await attempts.begin(store.db, username, clock.now())
  if (lockedSeconds > 0) {
    throw failure('authorization.account_locked', {
      detail: `Too many wrong passwords for this name; try again in ${lockedSeconds} s.`,
      retryAfterSeconds: lockedSeconds,
    })
  }
  const user = name === undefined ? undefined : await sessions.findUser(store.db, name)
  const right = await passwords.verify(password, user?.passwordHash ?? undefined)
  const opened = await store.transaction(async (tx) => {
    const sessionId = right && user !== undefined && !user.disabled ? await open(tx, user) : undefined
    if (sessionId !== undefined) await attempts.succeeded(tx, username)
    // Whoever failed is not known to be the one whose name he typed.
    const subject = sessionId === undefined ? 'anonymous' : `user:${name}`
    await recordAudit(
      tx,
      source,
      { subject, ...(requestId && { requestId }) },
      {
        action: 'session.create',
        project: 'platform',
        object: sessionId === undefined ? `user/${name ?? 'unnamed'}` : `session/${sessionId}`,
        outcome: sessionId === undefined ? 'denied' : 'success',
      },
    )
    return sessionId
  })
  if (opened === undefined || user === undefined) throw failure('authorization.credentials_wrong')
  return { user, sessionId: opened }
}

/** What can be a user's name at all; anything else is not looked up, nor written down. */
const printable = (username: string): string | undefined =>
  /^[a-z][a-z0-9._-]{0,38}[a-z0-9]$/.test(username) ? username : undefined
