import { beginProviderSignIn, finishProviderSignIn, openPortalSession, resolveCredential } from '@plinth/contracts'
import { refusalText, refusedLogin, testIdentityProvider, until, type TestIdentityProvider } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminPassword, refusal, testApp, type TestApp } from '../test-app.ts'

const redirectUri = (name: string): string => `http://localhost:8080/auth/oidc/${name}/callback`
let app: TestApp
let idp: TestIdentityProvider
const admin = () => app.as('user:admin')
const company = () => ({
  displayName: 'Company',
  issuer: idp.issuer,
  clientId: 'plinth',
  clientSecret: 'the secret of the client',
  scopes: ['profile', 'groups'],
  usernameClaim: 'preferred_username',
  groupsClaim: 'groups',
  groups: { Leads: 'payments/leads', Staff: 'staff' },
  signUp: true,
})
const put = (name = 'company', more: object = {}) =>
  admin().putIdentityProvider({ params: { provider: name }, body: { ...company(), ...more } })

beforeAll(async () => {
  const clientSecret = 'the secret of the client'
  idp = await testIdentityProvider({
    accounts: {
      ana: { sub: '00u1', claims: { preferred_username: 'ana', name: 'Ana Lopez', groups: ['Leads', 'Other'] } },
      admin: { sub: '00u2', claims: { preferred_username: 'admin', groups: ['Leads'] } },
      nameless: { sub: '00u3', claims: { groups: ['Leads'] } },
      late: { sub: '00u4', claims: { preferred_username: 'late' } },
      [refusedLogin]: {},
    },
    clients: [
      { clientId: 'plinth', clientSecret, redirectUris: ['company', 'closed', 'gone'].map(redirectUri) },
      { clientId: 'other', clientSecret, redirectUris: [redirectUri('company')] },
    ],
  })
  app = await testApp()
  for (const name of ['payments/leads', 'staff']) await admin().createGroup({ body: { name } })
  await put()
})
afterAll(async () => {
  await app?.close()
  await idp?.close()
})

const begin = (provider = 'company', returnTo = '/projects') => app.bus.ask(beginProviderSignIn, { provider, returnTo })
const finish = (browserSecret: string, query: string, provider = 'company') =>
  app.bus.ask(finishProviderSignIn, { provider, browserSecret, query })
async function signIn(login: string, provider = 'company') {
  const { authorizationUrl, browserSecret } = await begin(provider)
  const back = await idp.walk(authorizationUrl, login)
  return finish(browserSecret, new URL(back).search, provider)
}
const signInRefusal = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error('it went through'),
    (thrown: unknown) => thrown as { code: string; message: string; publicDetail: string },
  )
  expect(error).toMatchObject({ code: 'authorization.sign_in_refused' })
  return 'publicDetail' in error ? error.publicDetail : ''
}
const groupsOfUser = async (username: string) => (await admin().getUser({ params: { username } })).groups

describe('signing in with a provider', () => {
  test('goes there with PKCE S256, state and nonce, and to the address that is registered', async () => {
    const { authorizationUrl, expiresInSeconds } = await begin()
    const asked = new URL(authorizationUrl).searchParams
    expect(asked.get('redirect_uri')).toBe(redirectUri('company'))
    expect(asked.get('scope')?.split(' ')).toEqual(['openid', 'profile', 'groups'])
    expect([asked.get('response_type'), asked.get('code_challenge_method')]).toEqual(['code', 'S256'])
    for (const name of ['state', 'nonce', 'code_challenge'])
      expect(Buffer.from(asked.get(name) ?? '', 'base64url').length).toBeGreaterThanOrEqual(16)
    expect(expiresInSeconds).toBe(600)
  })

  test('makes the user at his first time, opens the same session as a password does, and maps his groups', async () => {
    const { secret, identity, returnTo } = await signIn('ana')
    expect(returnTo).toBe('/projects')
    expect(secret).toMatch(/^pls_/)
    expect(identity).toMatchObject({ subject: 'user:ana', displayName: 'Ana Lopez', subjects: ['user:ana'] })
    expect(await app.bus.ask(resolveCredential, { credential: secret })).toEqual({ found: true, identity })
    expect(await groupsOfUser('ana')).toEqual(['payments/leads'])
    const may = await app.as('user:ana').getMe()
    expect(may.groups).toEqual(['payments/leads'])
    const [made] = await app.ledger('user.create', 2).then((all) => all.filter((row) => row['object'] === 'user/ana'))
    expect(made?.['detail']).toContain('00u1')
  })

  test('takes and gives groups at each sign-in as the provider says then, and leaves what an administrator gave', async () => {
    await signIn('ana')
    await admin().addGroupMember({ body: { group: 'staff', username: 'ana' } })
    const told = (groups: unknown) =>
      idp.accounts.set('ana', { sub: '00u1', claims: { preferred_username: 'ana', name: 'Ana', ...(groups !== undefined && { groups }) } }) // prettier-ignore
    told([])
    await signIn('ana')
    expect(await groupsOfUser('ana')).toEqual(['staff'])
    told(['Leads', 'Staff'])
    await signIn('ana')
    expect(await groupsOfUser('ana')).toEqual(['payments/leads', 'staff'])
    // No claim at all gives no groups, and takes those that it gave.
    told(undefined)
    await signIn('ana')
    expect(await groupsOfUser('ana')).toEqual(['staff'])
    // What an administrator says as well is his word from then on.
    told(['Leads'])
    await signIn('ana')
    await admin().addGroupMember({ body: { group: 'payments/leads', username: 'ana' } })
    told([])
    await signIn('ana')
    expect(await groupsOfUser('ana')).toEqual(['payments/leads', 'staff'])
    await admin().removeGroupMember({ body: { group: 'payments/leads', username: 'ana' } })
  })

  test('knows a user by the id that the provider has for him, whatever he is called now', async () => {
    idp.accounts.set('ana', { sub: '00u1', claims: { preferred_username: 'ana.married', name: 'Ana Ruiz' } })
    expect((await signIn('ana')).identity).toMatchObject({ subject: 'user:ana', displayName: 'Ana Ruiz' })
  })

  test('never takes over a local user of the same name, and says so', async () => {
    expect(await signInRefusal(signIn('admin'))).toContain("a user 'admin' here already")
    expect(await groupsOfUser('admin')).toEqual(['administrators'])
    expect(await app.bus.ask(openPortalSession, { username: 'admin', password: adminPassword })).toMatchObject({
      identity: { subject: 'user:admin' },
    })
  })

  test('another who has the name that somebody has by then is refused', async () => {
    idp.accounts.set('twin', { sub: '00u9', claims: { preferred_username: 'ana' } })
    expect(await signInRefusal(signIn('twin'))).toContain("'ana'")
  })

  test('without the claim that names him nobody comes in, with no rights of anybody', async () => {
    expect(await signInRefusal(signIn('nameless'))).toContain('preferred_username')
  })

  test('a user of a provider has no password that could be right', async () => {
    for (const password of ['', 'null', 'undefined'])
      await expect(app.bus.ask(openPortalSession, { username: 'ana', password })).rejects.toMatchObject({
        code: 'authorization.credentials_wrong',
      })
  })

  test('a disabled user stays out, though the provider vouches for him', async () => {
    await signIn('late')
    await admin().updateUser({ params: { username: 'late' }, body: { disabled: true } })
    expect(await signInRefusal(signIn('late'))).toContain('any more')
  })

  test('where nobody may sign up, only those who are known come in', async () => {
    await put('closed', { signUp: false })
    expect(await signInRefusal(signIn('late', 'closed'))).toContain('ask an administrator')
  })

  test('is written to the ledger when it is refused', async () => {
    const denied = await until(async () => {
      const entries = await app.ledger('session.create')
      return entries.find((entry) => entry['outcome'] === 'denied' && String(entry['detail']).includes('company'))
    })
    expect(denied['actor']).toBe('anonymous')
  })
})

describe('the way back from a provider', () => {
  const honest = async () => {
    const begun = await begin()
    return { ...begun, query: new URL(await idp.walk(begun.authorizationUrl, 'ana')).search }
  }

  test('works once, also for two at the same time', async () => {
    const { browserSecret, query } = await honest()
    const both = await Promise.allSettled([finish(browserSecret, query), finish(browserSecret, query)])
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await signInRefusal(finish(browserSecret, query))
  })

  test('works only in the browser that began, and another one does not use it up', async () => {
    const { browserSecret, query } = await honest()
    const other = await begin()
    await signInRefusal(finish(other.browserSecret, query))
    await signInRefusal(finish('', query))
    await finish(browserSecret, query)
  })

  test('is refused with another state, two states, another issuer, or by the name of another provider', async () => {
    await put('gone')
    const { browserSecret, query } = await honest()
    const changed = (name: string, value: string): string => {
      const params = new URLSearchParams(query)
      params.set(name, value)
      return `?${params.toString()}`
    }
    await signInRefusal(finish(browserSecret, changed('state', 'x')))
    await signInRefusal(finish(browserSecret, `${query}&state=x`))
    await signInRefusal(finish(browserSecret, query, 'gone'))
    expect(await signInRefusal(finish(browserSecret, changed('iss', 'https://evil.example')))).toContain('trusted')
  })

  test('never shows what the provider, or whoever sent the browser, wrote into an error', async () => {
    const begun = await begin()
    const back = new URL(await idp.walk(begun.authorizationUrl, refusedLogin))
    expect(back.searchParams.get('error_description')).toBe(refusalText)
    const detail = await signInRefusal(finish(begun.browserSecret, back.search))
    expect(detail).toBe('The provider did not sign you in.')
    const rows = await app.rows<{ detail: string }>('select detail from audit_entries')
    expect(rows.some((row) => row.detail.includes('script'))).toBe(false)
  })

  test('keeps neither state nor nonce nor verifier where they could be read', async () => {
    const { authorizationUrl, browserSecret } = await begin()
    const [{ text } = { text: '' }] = await app.rows<{ text: string }>(
      'select json_agg(s)::text as text from provider_sign_ins s',
    )
    const asked = new URL(authorizationUrl).searchParams
    for (const secret of [asked.get('state'), asked.get('nonce'), browserSecret]) expect(text).not.toContain(secret)
  })

  test('a provider that is unknown begins nothing', async () => {
    await expect(begin('nobody')).rejects.toMatchObject({ code: 'authorization.identity_provider_unknown' })
  })
})

describe('a device that a user of a provider allows', () => {
  test('is signed in for a day, and out as soon as the provider is removed', async () => {
    idp.accounts.set('dora', { sub: '00d', claims: { preferred_username: 'dora' } })
    await put('gone')
    const { identity } = await signIn('dora', 'gone')
    const dora = app.as({ ...identity, requestId: 'req_1' })
    const form = async (path: string, fields: Record<string, string>) =>
      (await fetch(`${app.url()}${path}`, { method: 'POST', body: new URLSearchParams(fields) })).json() as Promise<Record<string, string>> // prettier-ignore
    const asked = await form('/auth/device_authorization', { client_id: 'cli' })
    await dora.decideDevice({ params: { userCode: asked['user_code'] ?? '' }, body: { allow: true } })
    const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'cli' }
    const tokens = await form('/auth/token', { ...grant, device_code: asked['device_code'] ?? '' })
    const [session] = await app.rows<{ hours: number }>(
      `select (extract(epoch from expires_at - created_at) / 3600)::int as hours from sessions
        where username = 'dora' and kind = 'api'`,
    )
    expect(session?.hours).toBe(24)
    await admin().deleteIdentityProvider({ params: { provider: 'gone' } })
    const refresh = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' }
    expect(await form('/auth/token', refresh)).toMatchObject({ error: 'invalid_grant' })
  })
})

describe('removing a provider', () => {
  test('signs out whoever came in by it, takes his tokens, and takes back the groups that it gave', async () => {
    idp.accounts.set('zoe', { sub: '00z', claims: { preferred_username: 'zoe', groups: ['Leads'] } })
    await put('gone')
    const { secret } = await signIn('zoe', 'gone')
    const { token } = await app.as('user:zoe').createMyToken({ body: { name: 'git', expiresInDays: 1 } })
    expect(await groupsOfUser('zoe')).toEqual(['payments/leads'])
    await admin().deleteIdentityProvider({ params: { provider: 'gone' } })
    for (const credential of [secret, token])
      expect(await app.bus.ask(resolveCredential, { credential })).toEqual({ found: false })
    expect(await groupsOfUser('zoe')).toEqual([])
    expect((await refusal(admin().deleteIdentityProvider({ params: { provider: 'gone' } }))).status).toBe(404)
  })
})
