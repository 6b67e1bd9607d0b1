import { failure, type issueToken, type RpcRequest, type TokenInfo } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { platform, source, type Parts } from '../parts.ts'
import type { Resolved } from '../sessions/usecases.ts'
import { auditDenials } from '../denials.ts'
import { dayMs, infoOf, makeToken, refuseScopes, rowOf } from './make.ts'
import { hashOf, isMistyped, newSecret } from './secrets.ts'
import * as tokens from './store.ts'

const personalTokensMax = 100

type TokenParts = Pick<Parts, 'store' | 'clock' | 'policy'>
type Mine = { name: string; expiresInDays: number; scopes?: tokens.TokenScope[] }
type Issue = RpcRequest<typeof issueToken>

/** Never a role: a token's groups hold everywhere, and a role given that way would too. */
const groupPattern = /^group:[a-z](?:[a-z0-9._/-]*[a-z0-9])?$/
const subjectPattern = /^(?:user|sa|job):[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$/

export const tokenUseCases = (parts: TokenParts) => {
  const { store, clock, policy } = parts
  return {
    listMyTokens: async (who: Identity): Promise<{ items: Static<typeof TokenInfo>[] }> => ({
      items: (await tokens.listTokens(store.db, who.subject, clock.now())).map(infoOf),
    }),

    /**
     * A token of the caller himself, with the groups that his own credential vouches for, or narrowed to scopes. It
     * never outlives a token that made it, and one that is narrowed makes none.
     */
    async createMyToken(who: Identity, want: Mine) {
      if (!who.subject.startsWith('user:') || who.scopes !== undefined) {
        throw failure('gateway.permission_denied', {
          detail: 'Only users make personal access tokens, and not with a token that is narrowed to scopes.',
        })
      }
      const now = clock.now()
      const maker = await tokens.expiryOf(store.db, who.credentialId)
      const expiresAt = new Date(Math.min(now.getTime() + want.expiresInDays * dayMs, maker?.getTime() ?? Infinity))
      const attempt = {
        action: 'token.create',
        object: 'token',
        detail: { name: want.name, ...(want.scopes && { scopes: want.scopes }) },
      }
      return auditDenials(parts, who, attempt, () =>
        store.transaction(async (tx) => {
          if (want.scopes !== undefined) refuseScopes(await policy.current(tx), who, want.scopes)
          await tokens.lockPurpose(tx, `personal ${who.subject}`)
          if ((await tokens.listTokens(tx, who.subject, now)).length >= personalTokensMax) {
            throw failure('platform.conflict', {
              detail: `You have ${personalTokensMax} tokens; withdraw one that you do not use any more.`,
            })
          }
          const made = await makeToken(tx, {
            name: want.name,
            subject: who.subject,
            groups: who.subjects.filter((subject) => subject !== who.subject),
            scopes: want.scopes,
            createdBy: who.subject,
            now,
            expiresAt,
          })
          await recordAudit(tx, source, who, {
            ...attempt,
            project: 'platform',
            object: `token/${made.info.id}`,
            detail: { ...attempt.detail, expiresAt: made.info.expiresAt },
          })
          return made
        }),
      )
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
        createdBy: platform.subject,
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
        ...(found.scopes !== null && { scopes: found.scopes }),
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
  const row = rowOf(secret, {
    ...rest,
    name: want.subject,
    claims: {},
    createdBy: platform.subject,
    createdAt: now,
  })
  await tokens.insertToken(tx, row)
  await recordAudit(tx, source, platform, {
    action: 'token.register',
    project: 'platform',
    object: `token/${row.id}`,
    detail: { purpose: want.purpose, subject: want.subject },
  })
}

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
