import type { AccessIndex } from '@plinth/access'
import { failure, type NewToken, type TokenInfo } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { auditDenials } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { passingLinks, refuseBeyond } from '../policy/guards.ts'
import { dayMs, infoOf, makeToken, refuseScopes } from '../tokens/make.ts'
import * as tokens from '../tokens/store.ts'
import { findAccount, holdAccount } from './store.ts'
import { subjectOf, unknownAccount, type AccountName } from './usecases.ts'

type Info = Static<typeof TokenInfo>
type Wanted = Static<typeof NewToken>

const tokensMax = 50

export const accountTokenUseCases = (parts: Pick<Parts, 'store' | 'policy' | 'clock'>) => ({
  async list(name: AccountName): Promise<{ items: Info[] }> {
    if ((await findAccount(parts.store.db, name.project, name.account)) === undefined) throw unknownAccount(name)
    const found = await tokens.listTokens(parts.store.db, subjectOf(name), parts.clock.now())
    return { items: found.map(infoOf) }
  },

  /** A token that acts as the account. Whoever makes it could use it, so it may no more than he may. */
  async create(who: Identity, name: AccountName, want: Wanted): Promise<{ token: string; info: Info }> {
    const subject = subjectOf(name)
    const attempt = {
      action: 'service-account.token-create',
      project: name.project,
      object: `service-account/${name.account}`,
      detail: { name: want.name, scopes: want.scopes ?? null },
    }
    const now = parts.clock.now()
    const made = await tokens.expiryOf(parts.store.db, who.credentialId)
    const expiresAt = new Date(Math.min(now.getTime() + want.expiresInDays * dayMs, made?.getTime() ?? Infinity))
    return auditDenials(parts, who, attempt, () =>
      parts.store.transaction(async (tx) => {
        // Not deleted until this is done: no token is left without its account.
        if ((await holdAccount(tx, name.project, name.account)) === undefined) throw unknownAccount(name)
        await tokens.lockPurpose(tx, `service account ${subject}`)
        if ((await tokens.listTokens(tx, subject, now)).length >= tokensMax)
          throw failure('platform.conflict', { detail: `${subject} has ${tokensMax} tokens; withdraw one first.` })
        await refuseMore(tx, await parts.policy.current(tx), who, { subject, expiresAt, scopes: want.scopes })
        const { name: label, scopes } = want
        const token = await makeToken(tx, { name: label, subject, groups: [], scopes, createdBy: who.subject, now, expiresAt }) // prettier-ignore
        await recordAudit(tx, source, who, {
          ...attempt,
          detail: { ...attempt.detail, id: token.info.id, expiresAt: expiresAt.toISOString() },
        })
        return token
      }),
    )
  },

  async delete(who: Identity, name: AccountName, id: string): Promise<void> {
    await parts.store.transaction(async (tx) => {
      if ((await holdAccount(tx, name.project, name.account)) === undefined) throw unknownAccount(name)
      const gone = await tokens.withdrawTokens(tx, { id, subject: subjectOf(name) })
      if (gone.length === 0) throw failure('authorization.token_unknown', { detail: `It has no token '${id}'.` })
      await recordAudit(tx, source, who, {
        action: 'service-account.token-delete',
        project: name.project,
        object: `service-account/${name.account}`,
        detail: { id },
      })
    })
  },
})

type Made = { subject: string; expiresAt: Date; scopes: Wanted['scopes'] }

/**
 * Held to the guard of every grant: as a link that lasts as long as the token does, or as the rights that it is narrowed
 * to, so that what somebody holds for an hour does not live on in a token.
 */
async function refuseMore(tx: Tx, index: AccessIndex, who: Identity, { subject, expiresAt, scopes }: Made) {
  const before = { index, passing: await passingLinks(tx) }
  if (scopes === undefined) {
    const link = { subject, role: subject, domain: '*', expiresAt: expiresAt.toISOString() }
    return refuseBeyond(before, who, { addLinks: [link] })
  }
  refuseScopes(index, who, scopes)
  refuseBeyond(before, who, { addRules: scopes.map((scope) => ({ ...scope, subject, effect: 'allow' as const })) })
}
