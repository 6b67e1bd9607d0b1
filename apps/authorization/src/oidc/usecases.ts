import { failure, type BodyOf, type IdentityProvider, type signInRoutes } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import type { Static } from 'typebox'
import { auditDenials } from '../denials.ts'
import { source, type Parts } from '../parts.ts'
import { changePolicy } from '../policy/change.ts'
import { refuseEscalation } from '../policy/guards.ts'
import { endSessions } from '../sessions/store.ts'
import { withdrawTokens } from '../tokens/store.ts'
import { redirectUriOf, secretPurpose } from './provider-clients.ts'
import * as store from './store.ts'

type AdminParts = Pick<Parts, 'store' | 'clock' | 'policy' | 'publicUrl' | 'sealing' | 'providerClients'>
type Wanted = BodyOf<typeof signInRoutes.putIdentityProvider>
type Shown = Static<typeof IdentityProvider>

const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/

/** The providers themselves: who may change them decides who may come in. */
export const providerUseCases = (parts: AdminParts) => ({
  /** What the sign-in page offers. */
  listSignInProviders: async () => ({
    password: true,
    items: (await store.listProviders(parts.store.db)).map(({ name, displayName }) => ({ name, displayName })),
  }),

  listProviders: async () => ({
    items: (await store.listProviders(parts.store.db)).map((provider) => shown(parts.publicUrl, provider)),
  }),

  async putProvider(who: Identity, name: string, want: Wanted): Promise<Shown> {
    const before = await store.findProvider(parts.store.db, name)
    const provider = rowOf(parts, name, want, before)
    const attempt = {
      action: before === undefined ? 'identity-provider.create' : 'identity-provider.update',
      object: `identity-provider/${name}`,
      detail: {
        issuer: provider.issuer,
        clientId: provider.clientId,
        groups: provider.groups,
        signUp: provider.signUp,
      },
    }
    await parts.providerClients.check(provider)
    return auditDenials(parts, who, attempt, () =>
      // The policy is held still: who sends people into groups gives what the groups have.
      changePolicy(parts, who, async (tx, index) => {
        const groups = [...new Set(Object.values(provider.groups))]
        await refuseUnknown(tx, groups)
        const addLinks = groups.map((group) => ({ subject: 'user:somebody', role: `group:${group}`, domain: '*' }))
        refuseEscalation(index, who.subjects, { addLinks })
        await store.saveProvider(tx, provider)
        await recordAudit(tx, source, who, { ...attempt, project: 'platform' })
        return { edit: {}, result: shown(parts.publicUrl, provider) }
      }),
    )
  },

  /** Whoever came in by it is out: sessions, tokens, and the groups that it gave. */
  async deleteProvider(who: Identity, name: string): Promise<void> {
    const attempt = { action: 'identity-provider.delete', object: `identity-provider/${name}` }
    await auditDenials(parts, who, attempt, () =>
      changePolicy(parts, who, async (tx) => {
        if (!(await store.deleteProvider(tx, name))) throw unknown()
        const sessions = await endSessions(tx, { provider: name }, 'identity provider removed', parts.clock.now())
        const tokens: string[] = []
        for (const username of await store.usersOf(tx, name))
          tokens.push(...(await withdrawTokens(tx, { subject: `user:${username}` })))
        const removeLinks = await store.dropGivenGroups(tx, name)
        const detail = { sessions: sessions.length, tokens: tokens.length, memberships: removeLinks.length }
        await recordAudit(tx, source, who, { ...attempt, project: 'platform', detail })
        return { edit: { removeLinks }, result: undefined, summary: `identity provider ${name} removed` }
      }),
    )
  },
})

function rowOf(parts: AdminParts, name: string, want: Wanted, before: store.Provider | undefined): store.Provider {
  const { clientSecret, groupsClaim, groups, ...rest } = want
  const problems = want.scopes.flatMap((scope, index) =>
    scopeForm.test(scope) ? [] : [{ path: `/body/scopes/${index}`, message: 'is no scope (RFC 6749, section 3.3)' }],
  )
  const isKept = clientSecret === undefined && before !== undefined && before.clientSecret !== null
  // Else whoever may change the provider could have the secret sent to himself.
  if (isKept && before.issuer !== want.issuer)
    problems.push({ path: '/body/clientSecret', message: 'must be given again with another issuer' })
  if (problems.length > 0) throw failure('authorization.identity_provider_refused', { problems })
  const kept = isKept ? before.clientSecret : null
  const purpose = secretPurpose({ name, issuer: want.issuer })
  return {
    ...rest,
    name,
    groupsClaim: groupsClaim ?? null,
    groups: groups ?? {},
    clientSecret: clientSecret === undefined ? kept : parts.sealing.seal(purpose, clientSecret),
    updatedAt: parts.clock.now().toISOString(),
  }
}

async function refuseUnknown(tx: Tx, groups: readonly string[]): Promise<void> {
  const there = await store.existingGroups(tx, groups)
  const missing = groups.find((group) => !there.has(group))
  if (missing !== undefined)
    throw failure('authorization.group_unknown', { detail: `There is no group '${missing.slice(0, 80)}'.` })
}

function shown(publicUrl: string, provider: store.Provider): Shown {
  const { clientSecret: _none, groupsClaim, ...rest } = provider
  return { ...rest, ...(groupsClaim !== null && { groupsClaim }), redirectUri: redirectUriOf(publicUrl, provider.name) }
}

const unknown = () => failure('authorization.identity_provider_unknown')
