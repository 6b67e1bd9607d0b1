import { beginProviderSignIn, finishProviderSignIn } from '@plinth/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { adminPassword, refusal, testApp, type TestApp } from '../test-app.ts'
import { hostileProvider, type HostileProvider, type Lie } from './hostile-provider.ts'

let app: TestApp
let provider: HostileProvider
const admin = () => app.as('user:admin')
beforeAll(async () => {
  provider = await hostileProvider('plinth')
  app = await testApp()
})
afterAll(async () => {
  await app?.close()
  await provider?.close()
})
beforeEach(() => provider.tell({}))

const wanted = (more: object = {}) => ({
  displayName: 'Liar',
  issuer: provider.issuer,
  clientId: 'plinth',
  clientSecret: 'a secret that nobody reads',
  scopes: [],
  usernameClaim: 'preferred_username',
  signUp: true,
  ...more,
})
const put = (more: object = {}, name = 'liar', who = 'user:admin') =>
  app.as(who).putIdentityProvider({ params: { provider: name }, body: wanted(more) })

describe('what a provider says is believed only as far as it is proven', () => {
  const signIn = async (lie: Lie, more: Record<string, string> = {}) => {
    // Made anew each time: what a provider says of itself is kept for a while.
    await put()
    provider.tell(lie)
    const begun = await app.bus.ask(beginProviderSignIn, { provider: 'liar', returnTo: '/' })
    const query = provider.callbackQuery(begun.authorizationUrl, more)
    return app.bus.ask(finishProviderSignIn, { provider: 'liar', browserSecret: begun.browserSecret, query })
  }
  const now = Math.floor(Date.now() / 1000)

  test('an honest answer signs in', async () => {
    expect(await signIn({})).toMatchObject({ identity: { subject: 'user:mallory' } })
    expect(await signIn({ claims: { aud: ['plinth', 'else'], azp: 'plinth' } })).toMatchObject({ returnTo: '/' })
  })

  const none = (claims: object): string =>
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`
  const lies: [string, Lie][] = [
    ['signed by a key that is not the provider\u2019s', { otherKey: true }],
    ['of a key that is not in its set', { header: { kid: 'k2' }, otherKey: true }],
    ['without a signature', { idToken: none({ iss: 'x', aud: 'plinth', sub: 'u1', exp: now + 60, iat: now }) }],
    ['of another issuer', { claims: { iss: 'https://accounts.example' } }],
    ['for another client', { claims: { aud: 'another' } }],
    ['for several clients and authorised for another', { claims: { aud: ['plinth', 'else'], azp: 'else' } }],
    ['for several clients and authorised for none', { claims: { aud: ['plinth', 'else'] } }],
    ['without an audience', { claims: { aud: undefined } }],
    ['of another sign-in', { claims: { nonce: 'of another' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['that has expired', { claims: { iat: now - 600, exp: now - 300 } }],
    ['without an end', { claims: { exp: undefined } }],
    ['of nobody', { claims: { sub: undefined } }],
    ['that is no token', { idToken: 'x.y.z' }],
  ]
  test.each(lies)('an ID token %s is refused', async (_what, lie) => {
    await expect(signIn(lie)).rejects.toMatchObject({ code: 'authorization.sign_in_refused' })
  })

  test('an answer of another issuer (RFC 9207), or of none where the provider names itself, is refused', async () => {
    await expect(signIn({}, { iss: 'https://evil.example' })).rejects.toMatchObject({
      code: 'authorization.sign_in_refused',
    })
    await put()
    const begun = await app.bus.ask(beginProviderSignIn, { provider: 'liar', returnTo: '/' })
    const query = provider.callbackQuery(begun.authorizationUrl).replace(/&iss=[^&]*/, '')
    await expect(
      app.bus.ask(finishProviderSignIn, { provider: 'liar', browserSecret: begun.browserSecret, query }),
    ).rejects.toMatchObject({ code: 'authorization.sign_in_refused' })
  })
})

describe('a provider', () => {
  test('is shown without its secret, which is kept encrypted, and offered at the door by name alone', async () => {
    const made = await put()
    expect(made).toMatchObject({ name: 'liar', redirectUri: 'http://localhost:8080/auth/oidc/liar/callback' })
    expect(JSON.stringify([made, await admin().listIdentityProviders()])).not.toContain('nobody reads')
    const [row] = await app.rows<{ text: string }>('select p::text as text from identity_providers p')
    expect(row?.text).not.toContain('nobody reads')
    expect(await app.as().listSignInProviders()).toEqual({
      password: true,
      items: [{ name: 'liar', displayName: 'Liar' }],
    })
  })

  test('keeps its secret when it is changed without one, but never for another issuer', async () => {
    await put()
    const { clientSecret: _, ...without } = wanted({ displayName: 'Renamed' })
    const change = (body: typeof without) => admin().putIdentityProvider({ params: { provider: 'liar' }, body })
    const secret = async () => (await app.rows('select client_secret from identity_providers'))[0]?.['client_secret']
    const before = await secret()
    expect(await change(without)).toMatchObject({ displayName: 'Renamed' })
    expect(await secret()).toBe(before)
    const moved = await refusal(change({ ...without, issuer: `${provider.issuer}/other` }))
    expect(moved).toMatchObject({ status: 422, code: 'authorization.identity_provider_refused' })
  })

  test.each([
    'http://provider.example', 'https://10.0.0.1', 'https://169.254.169.254/latest', 'https://[::ffff:10.0.0.1]',
    'https://0x0a000001', 'https://2130706432.example.invalid', 'file:///etc/passwd', 'gopher://x', 'ftp://x', 'nonsense',
    'https://user:password@provider.example', 'http://127.0.0.1:1', 'https://[fd00::1]',
  ])('with the issuer %s is refused', async (issuer) => {
    const { status, code, detail } = await refusal(put({ issuer }))
    expect([status, code]).toEqual([422, 'authorization.identity_provider_refused'])
    expect(detail).not.toMatch(/ECONN|ENOTFOUND|fetch failed/)
  }) // prettier-ignore

  test.each([
    ['another issuer', { issuer: 'https://accounts.example' }],
    ['an inner token endpoint', { token_endpoint: 'https://10.0.0.1/token' }],
    ['keys by plain http', { jwks_uri: 'http://keys.example/jwks' }],
    ['a script to go to', { authorization_endpoint: 'javascript:alert(1)' }],
    ['an inner place to ask who he is', { userinfo_endpoint: 'https://192.168.0.1/me' }],
    ['no S256', { code_challenge_methods_supported: ['plain'] }],
    ['no token endpoint', { token_endpoint: undefined }],
  ])('whose document names %s is refused', async (_what, metadata) => {
    provider.tell({ metadata })
    expect(await refusal(put())).toMatchObject({ status: 422, code: 'authorization.identity_provider_refused' })
  })

  test('gives nobody more than the one who makes it has, and only groups that there are', async () => {
    await admin().createUser({ body: { username: 'keeper', password: 'keeper keeper keeper' } })
    const rule = { subject: 'user:keeper', domain: '*', object: 'identity-provider', action: 'update', effect: 'allow' }
    await admin().createPolicy({ body: rule as never })
    const escalating = await refusal(put({ groups: { x: 'administrators' } }, 'liar', 'user:keeper'))
    expect(escalating).toMatchObject({ status: 403, code: 'authorization.escalation_refused' })
    expect(await refusal(put({ groups: { x: 'no/such' } }))).toMatchObject({ status: 404 })
    expect(await put({ groupsClaim: 'groups', groups: { x: 'administrators' } })).toMatchObject({
      groupsClaim: 'groups',
    })
    expect(adminPassword).not.toBe('')
  })
})
