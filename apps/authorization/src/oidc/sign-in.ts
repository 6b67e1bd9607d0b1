import { failure, type beginProviderSignIn, type finishProviderSignIn, type RpcRequest } from '@plinth/contracts'
import { AppError } from '@plinth/kernel'
import { recordAudit, type Tx } from '@plinth/store'
import { platform, source, type Parts } from '../parts.ts'
import type { Edit } from '../policy/rows.ts'
import { changePolicy } from '../policy/change.ts'
import { deleteMember } from '../groups/store.ts'
import { insertSession } from '../sessions/store.ts'
import { portalSessionMs, userIdentity, type Resolved } from '../sessions/usecases.ts'
import { hashOf, newSecret } from '../tokens/secrets.ts'
import { findUserRow, insertUser, updateUserRow } from '../users/store.ts'
import { isSame, newBrowserSecret, secretsOf } from './browser-secret.ts'
import { displayNameOf, groupsOf, usernameOf, type Claims } from './claims.ts'
import * as store from './store.ts'

/** From the portal to the provider and back, with somebody typing in between. */
const signInSeconds = 600

type SignInParts = Pick<Parts, 'store' | 'clock' | 'policy' | 'publicUrl' | 'providerClients'>
type Opened = { secret: string; identity: Resolved; returnTo: string }

/** Signing in with an OpenID provider: the browser goes there and comes back with a code. */
export const signInUseCases = (parts: SignInParts) => ({
  async begin({ provider: name, returnTo }: RpcRequest<typeof beginProviderSignIn>) {
    const provider = await store.findProvider(parts.store.db, name)
    if (provider === undefined) throw failure('authorization.identity_provider_unknown')
    const browserSecret = newBrowserSecret()
    const secrets = secretsOf(browserSecret)
    const authorizationUrl = await parts.providerClients.authorizationUrl(provider, secrets)
    await store.insertSignIn(parts.store.db, {
      stateHash: hashOf(secrets.state),
      provider: name,
      issuer: provider.issuer,
      returnTo: ownPath(returnTo, parts.publicUrl),
      expiresAt: new Date(parts.clock.now().getTime() + signInSeconds * 1000),
    })
    return { authorizationUrl, browserSecret, expiresInSeconds: signInSeconds }
  },

  async finish(callback: RpcRequest<typeof finishProviderSignIn>): Promise<Opened> {
    try {
      const { provider, claims, returnTo } = await vouchedFor(parts, callback)
      return { ...(await open(parts, provider, claims)), returnTo }
    } catch (error) {
      await noteRefusal(parts, callback.provider, error)
      throw error
    }
  },
})

/** Who the provider says that the browser's user is; each begun sign-in is good for one answer. */
async function vouchedFor(
  { store: { db }, clock, providerClients }: SignInParts,
  { provider: name, browserSecret, query }: RpcRequest<typeof finishProviderSignIn>,
) {
  const secrets = secretsOf(browserSecret)
  const states = new URLSearchParams(query).getAll('state')
  // Looked at first: else any page could use up what a browser has begun.
  if (states.length !== 1 || !isSame(states[0] ?? '', secrets.state))
    throw refused('This sign-in was not begun in this browser; begin again.')
  const begun = await store.takeSignIn(db, { stateHash: hashOf(secrets.state), provider: name, now: clock.now() })
  const provider = await store.findProvider(db, name)
  if (begun === undefined || provider === undefined || provider.issuer !== begun.issuer)
    throw refused('This sign-in is over, or was finished before; begin again.')
  return { provider, claims: await providerClients.claimsOf(provider, secrets, query), returnTo: begun.returnTo }
}

/** Makes the user where he is new, puts him into the groups of today, and opens a session of the portal. */
async function open(parts: SignInParts, provider: store.Provider, claims: Claims & { sub: string }) {
  const secret = newSecret('pls')
  const now = parts.clock.now()
  const expiresAt = new Date(now.getTime() + portalSessionMs)
  return changePolicy(
    parts,
    platform,
    async (tx) => {
      const username = await userOf(tx, provider, claims, now)
      const displayName = displayNameOf(claims)
      if (displayName !== undefined) await updateUserRow(tx, username, { displayName })
      const user = await findUserRow(tx, username)
      const edit = await regroup(tx, provider, username, claims)
      const sessionId =
        user && (await insertSession(tx, { kind: 'portal', username, provider: provider.name, secretHash: hashOf(secret), now, expiresAt })) // prettier-ignore
      if (user === undefined || sessionId === undefined) throw refused('You may not sign in here any more.')
      await recordAudit(
        tx,
        source,
        { subject: `user:${username}` },
        {
          action: 'session.create',
          project: 'platform',
          object: `session/${sessionId}`,
          detail: { provider: provider.name, ...groupChanges(edit) },
        },
      )
      const identity = userIdentity(user, sessionId, expiresAt.getTime())
      return { edit, result: { secret, identity }, summary: `groups of ${username} by ${provider.name}` }
    },
    { exempt: true },
  )
}

/** The user whom the provider's own id stands for; a name alone proves nothing. */
async function userOf(tx: Tx, provider: store.Provider, claims: Claims & { sub: string }, now: Date): Promise<string> {
  const who = { provider: provider.name, issuer: provider.issuer, subject: claims.sub }
  const known = await store.findIdentity(tx, who)
  const username = known ?? usernameOf(claims, provider.usernameClaim)
  if (known === undefined) {
    if (!provider.signUp) throw refused('Nobody who is new may sign in here by this provider; ask an administrator.')
    const displayName = displayNameOf(claims) ?? username
    if (!(await insertUser(tx, { username, displayName, passwordHash: null, createdAt: now })))
      throw refused(
        `There is a user '${username}' here already, who is not the one that this provider names so; ask an administrator.`,
      )
    await recordAudit(tx, source, platform, {
      action: 'user.create',
      project: 'platform',
      object: `user/${username}`,
      detail: { provider: provider.name, subject: claims.sub },
    })
  }
  await store.saveIdentity(tx, { ...who, username, now })
  return username
}

/** Gives what the provider says today and takes what only it said before; an administrator's word stays. */
async function regroup(tx: Tx, provider: store.Provider, username: string, claims: Claims): Promise<Edit> {
  const wanted = groupsOf(claims, provider.groupsClaim, provider.groups)
  const there = await store.existingGroups(tx, wanted)
  const given = await store.givenGroups(tx, username, provider.name)
  const addLinks: NonNullable<Edit['addLinks']>[number][] = []
  const removeLinks: typeof addLinks = []
  const link = (group: string) => ({ subject: `user:${username}`, role: `group:${group}`, domain: '*' })
  for (const group of wanted)
    if (there.has(group) && (await store.giveGroup(tx, group, username, provider.name))) addLinks.push(link(group))
  for (const group of given.filter((one) => !wanted.includes(one)))
    if (await deleteMember(tx, group, username)) removeLinks.push(link(group))
  return { addLinks, removeLinks }
}

const groupChanges = ({ addLinks = [], removeLinks = [] }: Edit) => ({
  ...(addLinks.length > 0 && { joined: addLinks.map(({ role }) => role) }),
  ...(removeLinks.length > 0 && { left: removeLinks.map(({ role }) => role) }),
})

async function noteRefusal({ store: { transaction } }: SignInParts, provider: string, error: unknown): Promise<void> {
  if (!(error instanceof AppError) || error.code !== 'authorization.sign_in_refused') return
  await transaction((tx) =>
    recordAudit(
      tx,
      source,
      { subject: 'anonymous' },
      {
        action: 'session.create',
        project: 'platform',
        object: 'session',
        outcome: 'denied',
        detail: { provider: provider.slice(0, 40), reason: error.publicDetail },
      },
    ),
  )
}

/** A path of the portal: nobody is sent anywhere else after he signed in. */
export function ownPath(path: string, publicUrl: string): string {
  const isPath = /^\/(?![/\\])[^\\\u0000-\u001f\u007f]*$/.test(path)
  if (!isPath || !URL.canParse(path, publicUrl)) return '/'
  const url = new URL(path, publicUrl)
  return url.origin === new URL(publicUrl).origin ? url.pathname + url.search + url.hash : '/'
}

const refused = (detail: string) => failure('authorization.sign_in_refused', { detail })
