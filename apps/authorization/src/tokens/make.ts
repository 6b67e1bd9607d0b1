import { validateRule, type AccessIndex } from '@plinth/access'
import { failure, type TokenInfo } from '@plinth/contracts'
import { newId, type Identity } from '@plinth/kernel'
import type { Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { refuseEscalation } from '../policy/guards.ts'
import { hashOf, newSecret } from './secrets.ts'
import * as tokens from './store.ts'

export const dayMs = 86_400_000
const shownCharacters = 8

/** The row of a token: of the secret only the hash, and its beginning to recognise it by. */
export const rowOf = (secret: string, token: Omit<tokens.NewToken, 'id' | 'hash' | 'prefix'>): tokens.NewToken => ({
  ...token,
  id: newId('tok', token.createdAt.getTime()),
  hash: hashOf(secret),
  prefix: secret.slice(0, shownCharacters),
})

export const infoOf = ({ lastUsedAt, scopes, ...row }: tokens.TokenRow): Static<typeof TokenInfo> => ({
  ...row,
  ...(scopes !== null && { scopes }),
  ...(lastUsedAt !== null && { lastUsedAt }),
})

type Wanted = {
  name: string
  subject: string
  groups: readonly string[]
  scopes: readonly tokens.TokenScope[] | undefined
  createdBy: string
  now: Date
  expiresAt: Date
}

/** A token that people make, for themselves or for a service account; the secret is returned once and kept nowhere. */
export async function makeToken(tx: Tx, { now, ...want }: Wanted) {
  const secret = newSecret('plt')
  const row = rowOf(secret, { ...want, purpose: null, claims: {}, createdAt: now })
  await tokens.insertToken(tx, row)
  const { id, name, prefix, scopes } = row
  const times = { createdAt: now.toISOString(), expiresAt: want.expiresAt.toISOString() }
  const info = { id, name, prefix, ...(scopes !== undefined && { scopes: [...scopes] }), ...times }
  return { token: secret, info }
}

/**
 * Nobody makes a scope that he lacks. At each use the token is held to the scopes and to what its subject may then, so
 * this keeps out what could never work, or would only work once somebody is given more.
 *
 * @throws authorization.policy_invalid for what is no right, authorization.escalation_refused for what he lacks
 */
export function refuseScopes(
  index: AccessIndex,
  who: Pick<Identity, 'subject' | 'subjects'>,
  scopes: readonly tokens.TokenScope[] | undefined,
): void {
  if (scopes === undefined) return
  const rules = scopes.map((scope) => ({ ...scope, subject: who.subject, effect: 'allow' as const }))
  const problems = rules.flatMap((rule, at) =>
    validateRule(rule).map(({ path, message }) => ({ path: `/body/scopes/${at}/${path}`, message })),
  )
  if (problems.length > 0) throw failure('authorization.policy_invalid', { problems })
  refuseEscalation(index, who.subjects, { addRules: rules })
}
