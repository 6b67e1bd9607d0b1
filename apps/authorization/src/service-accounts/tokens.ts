import { actionMatch, narrower, objectMatch, type AccessIndex, type Rule, type Scope } from '@plinth/access'
import { failure, type NewToken, type TokenInfo } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { auditDenials } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { passingLinks, refuseBeyond } from '../policy/guards.ts'
import { hashOf, newSecret } from '../tokens/secrets.ts'
import * as tokens from '../tokens/store.ts'
import { findAccount, holdAccount } from './store.ts'
import { subjectOf, unknownAccount, type AccountName } from './usecases.ts'

type Info = Static<typeof TokenInfo>
type Wanted = Static<typeof NewToken>

const dayMs = 86_400_000
const tokensMax = 50
const shownCharacters = 8
const rightsMax = 20_000

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
        const secret = newSecret('plt')
        const row = {
          id: newId('tok', now.getTime()),
          purpose: null,
          name: want.name,
          subject,
          groups: [],
          claims: {},
          hash: hashOf(secret),
          prefix: secret.slice(0, shownCharacters),
          scopes: want.scopes,
          createdBy: who.subject,
          createdAt: now,
          expiresAt,
        }
        await tokens.insertToken(tx, row)
        const { id, prefix } = row
        await recordAudit(tx, source, who, {
          ...attempt,
          detail: { ...attempt.detail, id, expiresAt: expiresAt.toISOString() },
        })
        const times = { createdAt: now.toISOString(), expiresAt: expiresAt.toISOString() }
        const info = { id, name: want.name, prefix, ...(want.scopes && { scopes: want.scopes }), ...times }
        return { token: secret, info }
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

type Made = { subject: string; expiresAt: Date; scopes: readonly Scope[] | undefined }

/**
 * Held to the guard of every grant, as a link that lasts as long as the token does; a narrowed token as the rights that
 * its scopes leave.
 */
async function refuseMore(tx: Tx, index: AccessIndex, who: Identity, { subject, expiresAt, scopes }: Made) {
  const before = { index, passing: await passingLinks(tx) }
  if (scopes === undefined) {
    const link = { subject, role: subject, domain: '*', expiresAt: expiresAt.toISOString() }
    return refuseBeyond(before, who, { addLinks: [link] })
  }
  const rights = index.whatCan(subject, { limit: rightsMax }).filter(({ rule }) => rule.effect === 'allow')
  const addRules = rights.flatMap(({ rule, domain }) => scopes.flatMap((scope) => within({ ...rule, domain }, scope)))
  refuseBeyond(before, who, { addRules })
}

/** What is left of an allowing rule within a scope. */
function within(rule: Rule, scope: Scope): Rule[] {
  const domain = narrower(rule.domain, scope.domain)
  const object = common(rule.object, scope.object, objectMatch)
  const action = common(rule.action, scope.action, actionMatch)
  return domain === undefined || object === undefined || action === undefined ? [] : [{ ...rule, domain, object, action }] // prettier-ignore
}

/** The narrower of two patterns, where one lies in the other. */
function common(one: string, other: string, lies: (thing: string, pattern: string) => boolean): string | undefined {
  if (lies(one, other)) return one
  return lies(other, one) ? other : undefined
}

const infoOf = ({ lastUsedAt, ...row }: tokens.TokenRow): Info => ({
  ...row,
  ...(lastUsedAt !== null && { lastUsedAt }),
})
