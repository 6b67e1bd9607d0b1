import { failure, type issueToken, type RpcRequest, type TokenInfo } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { platform, source, type Parts } from '../parts.ts'
import type { Resolved } from '../sessions/usecases.ts'
import { hashOf, isMistyped, newSecret } from './secrets.ts'
import * as tokens from './store.ts'

const dayMs = 86_400_000
const personalTokensMax = 100
const shownCharacters = 8

type TokenParts = Pick<Parts, 'store' | 'clock'>
type Issue = RpcRequest<typeof issueToken>

/** Never a role: a token's groups hold everywhere, and a role given that way would too. */
const groupPattern = /^group:[a-z](?:[a-z0-9._/-]*[a-z0-9])?$/
const subjectPattern = /^(?:user|sa|job):[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/

export const tokenUseCases = (parts: TokenParts) => {
  const { store, clock } = parts
  return {
    listMyTokens: async (who: Identity): Promise<{ items: Static<typeof TokenInfo>[] }> => ({
      items: (await tokens.listTokens(store.db, who.subject, clock.now())).map(infoOf),
    }),

    /** A token of the caller himself, with the groups that his own credential vouches for; it never outlives a token that made it. */
    async createMyToken(who: Identity, want: { name: string; expiresInDays: number }) {
      if (!who.subject.startsWith('user:')) {
        throw failure('gateway.permission_denied', { detail: 'Only users make personal access tokens.' })
      }
      const now = clock.now()
      const made = await tokens.expiryOf(store.db, who.credentialId)
      const expiresAt = new Date(Math.min(now.getTime() + want.expiresInDays * dayMs, made?.getTime() ?? Infinity))
      return store.transaction(async (tx) => {
        await tokens.lockPurpose(tx, `personal ${who.subject}`)
        if ((await tokens.listTokens(tx, who.subject, now)).length >= personalTokensMax) {
          throw failure('platform.conflict', {
            detail: `You have ${personalTokensMax} tokens; withdraw one that you do not use any more.`,
          })
        }
        const secret = newSecret('plt')
        const row = rowOf(secret, {
          purpose: null,
          name: want.name,
          subject: who.subject,
          groups: who.subjects.filter((subject) => subject !== who.subject),
          claims: {},
          createdAt: now,
          expiresAt,
        })
        await tokens.insertToken(tx, row)
        await recordAudit(tx, source, who, {
          action: 'token.create',
          project: 'platform',
          object: `token/${row.id}`,
          detail: { name: want.name, expiresAt: expiresAt.toISOString() },
        })
        const { id, name, prefix } = row
        const info = { id, name, prefix, createdAt: now.toISOString(), expiresAt: expiresAt.toISOString() }
        return { token: secret, info }
      })
    },

    async deleteMyToken(who: Identity, id: string): Promise<void> {
      await store.transaction(async (tx) => {
        const gone = await tokens.withdrawTokens(tx, { id, subject: who.subject })
        if (gone.length === 0) throw failure('authorization.token_unknown')
        await recordAudit(tx, source, who, { action: 'token.delete', project: 'platform', object: `token/${id}` })
      })
    },

    /** One live token a purpose: what the purpose had before is withdrawn in the same transaction. */
    async issue(want: Issue): Promise<{ token: string; credentialId: string }> {
      refuseMalformed(want)
      const secret = newSecret('plt')
      const now = clock.now()
      const { ttlSeconds, ...rest } = want
      const row = rowOf(secret, {
        ...rest,
        name: want.subject,
        createdAt: now,
        expiresAt: new Date(now.getTime() + ttlSeconds * 1000),
      })
      await store.transaction(async (tx) => {
        await tokens.lockPurpose(tx, want.purpose)
        await tokens.withdrawTokens(tx, { purpose: want.purpose })
        await tokens.insertToken(tx, row)
        await recordAudit(tx, source, platform, {
          action: 'token.issue',
          project: want.claims['project'] ?? 'platform',
          object: `token/${row.id}`,
          detail: { purpose: want.purpose, subject: want.subject, expiresAt: row.expiresAt.toISOString() },
        })
      })
      return { token: secret, credentialId: row.id }
    },

    async revoke(purpose: string): Promise<{ revoked: boolean }> {
      return store.transaction(async (tx) => {
        await tokens.lockPurpose(tx, purpose)
        const gone = await tokens.withdrawTokens(tx, { purpose })
        for (const id of gone) {
          await recordAudit(tx, source, platform, {
            action: 'token.revoke',
            project: 'platform',
            object: `token/${id}`,
            detail: { purpose },
          })
        }
        return { revoked: gone.length > 0 }
      })
    },

    async resolve(secret: string): Promise<Resolved | undefined> {
      if (isMistyped(secret)) return undefined
      const now = clock.now()
      const found = await tokens.findToken(store.db, hashOf(secret), now)
      if (found === undefined) return undefined
      if (!found.noted) await tokens.noteUse(store.db, found.id, now)
      return {
        subject: found.subject,
        subjects: [found.subject, ...found.groups],
        displayName: found.displayName,
        credentialId: found.id,
        claims: found.claims,
        expiresAtMs: Math.floor(found.expiresAtMs),
      }
    },
  }
}

/** Makes a token that was chosen outside the one of its purpose; the same again only gets a later end. */
export async function registerToken(
  tx: Tx,
  secret: string,
  want: { purpose: string; subject: string; groups: readonly string[]; now: Date; expiresAt: Date },
): Promise<void> {
  await tokens.lockPurpose(tx, want.purpose)
  const known = await tokens.findByPurpose(tx, want.purpose)
  if (known?.hash === hashOf(secret)) {
    await tokens.prolong(tx, known.id, want.expiresAt)
    return
  }
  await tokens.withdrawTokens(tx, { purpose: want.purpose })
  const { now, ...rest } = want
  const row = rowOf(secret, { ...rest, name: want.subject, claims: {}, createdAt: now })
  await tokens.insertToken(tx, row)
  await recordAudit(tx, source, platform, {
    action: 'token.register',
    project: 'platform',
    object: `token/${row.id}`,
    detail: { purpose: want.purpose, subject: want.subject },
  })
}

const rowOf = (secret: string, token: Omit<tokens.NewToken, 'id' | 'hash' | 'prefix'>): tokens.NewToken => ({
  ...token,
  id: newId('tok', token.createdAt.getTime()),
  hash: hashOf(secret),
  prefix: secret.slice(0, shownCharacters),
})

const infoOf = ({ lastUsedAt, ...row }: tokens.TokenRow): Static<typeof TokenInfo> => ({
  ...row,
  ...(lastUsedAt !== null && { lastUsedAt }),
})

function refuseMalformed({ purpose, subject, groups }: Issue): void {
  const problems = [
    ...(purpose === '' ? [{ path: '/purpose', message: 'is empty; name what the token is for' }] : []),
    ...(subjectPattern.test(subject) ? [] : [{ path: '/subject', message: 'must be user:, sa: or job: and a name' }]),
    ...groups.flatMap((group, index) =>
      groupPattern.test(group) ? [] : [{ path: `/groups/${index}`, message: 'must be group: and a name' }],
    ),
  ]
  if (problems.length > 0) throw failure('platform.request_invalid', { problems })
}
