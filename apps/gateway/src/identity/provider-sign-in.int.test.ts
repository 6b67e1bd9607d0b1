import { answer, answers } from '@plinth/bus'
import { beginProviderSignIn, failure, finishProviderSignIn } from '@plinth/contracts'
import { newId, type Worker } from '@plinth/kernel'
import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, identityOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

const refusal = 'There is a user \u2039ana\u203a <b>here</b> already.'
let platform: TestPlatform
let worker: Worker
const asked: { browserSecret: string; query: string }[] = []
beforeAll(async () => {
  platform = await testPlatform()
  worker = answers(platform.bus, [
    answer(beginProviderSignIn, ({ provider, returnTo }) =>
      provider === 'company'
        ? Promise.resolve({
            authorizationUrl: `https://idp.example/auth?to=${encodeURIComponent(returnTo)}`,
            browserSecret: 'secret-of-this-browser',
            expiresInSeconds: 600,
          })
        : Promise.reject(failure('authorization.identity_provider_unknown')),
    ),
    answer(finishProviderSignIn, ({ browserSecret, query }) => {
      asked.push({ browserSecret, query })
      if (!query.includes('state=right'))
        return Promise.reject(failure('authorization.sign_in_refused', { detail: refusal }))
      const secret = `pls_${newId('ses')}`
      const identity = identityOf('user:ana', newId('ses'))
      platform.authorization.credentials.set(secret, identity)
      const resolved = { ...identity, subjects: [...identity.subjects], claims: {}, expiresAtMs: Date.now() + 60_000 }
      return Promise.resolve({ secret, identity: resolved, returnTo: '/projects' })
    }),
  ])
  await worker.start()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(async () => {
  await worker.stop()
  await platform.close()
})

const { at } = testCalls(() => platform)
const callback = '/auth/oidc/company/callback'
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${platform.gateway.url}${path}`, { headers, redirect: 'manual' })
const cookies = (response: Response): Record<string, string> =>
  Object.fromEntries(response.headers.getSetCookie().map((line) => [line.slice(0, line.indexOf('=')), line]))

describe('signing in with a provider', () => {
  it('sends the browser there, with a cookie that binds the sign-in to it', async () => {
    const response = await get('/auth/oidc/company?returnTo=%2Fruns')
    expect([response.status, response.headers.get('location')]).toEqual([302, 'https://idp.example/auth?to=%2Fruns'])
    const cookie = cookies(response)['__Host-plinth-sign-in'] ?? ''
    expect(cookie).toContain('__Host-plinth-sign-in=secret-of-this-browser;')
    for (const attribute of ['Max-Age=600', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax'])
      expect(cookie).toContain(attribute)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('opens the session of the portal on the way back, and forgets the sign-in', async () => {
    const query = '?code=a%2Bb&state=right&iss=https%3A%2F%2Fidp.example'
    const planted = `pls_${newId('ses')}`
    platform.authorization.credentials.set(planted, identityOf('user:mallory', newId('ses')))
    const cookie = `__Host-plinth=${planted}; __Host-plinth-sign-in=secret-of-this-browser`
    const response = await get(callback + query, { cookie })
    expect([response.status, response.headers.get('location')]).toEqual([302, '/projects'])
    expect(asked.at(-1)).toEqual({ browserSecret: 'secret-of-this-browser', query })
    const set = cookies(response)
    expect(set['__Host-plinth-sign-in']).toContain('Max-Age=0')
    // A session that somebody had planted in the browser before does not survive the sign-in.
    const session = set['__Host-plinth']?.split(';')[0] ?? ''
    expect(session).toMatch(/^__Host-plinth=pls_/)
    expect(session).not.toContain(planted)
    expect(set['__Host-plinth']).toContain('SameSite=Strict')
    const who = (await (await at('/auth/portal-session', { headers: { cookie: session } })).json()) as object
    expect(who).toMatchObject({ subject: 'user:ana', csrfToken: expect.stringMatching(/./) })
  })

  it('is refused in a browser that did not begin it, or that sends two answers for one', async () => {
    const before = asked.length
    expect(await codeOf(await get(`${callback}?state=right`))).toBe('authorization.sign_in_refused')
    const twice = '__Host-plinth-sign-in=one; __Host-plinth-sign-in=two'
    expect((await get(`${callback}?state=right`, { cookie: twice })).status).toBe(401)
    expect(asked).toHaveLength(before)
  })

  it('shows a browser why it was refused, in our words and as text, and never what the address said', async () => {
    const query = '?error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E&state=wrong'
    const headers = { accept: 'text/html,*/*', cookie: '__Host-plinth-sign-in=secret-of-this-browser' }
    const response = await get(callback + query, headers)
    expect(response.status).toBe(401)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await response.text()
    expect(page).toContain('&#60;b&#62;here&#60;/b&#62;')
    expect(page).not.toMatch(/<b>|script|alert/)
    expect(cookies(response)['__Host-plinth']).toBeUndefined()
  })

  it('by a provider that there is not is not found, and by a name that none can have is refused', async () => {
    expect((await get('/auth/oidc/nobody')).status).toBe(404)
    expect((await get('/auth/oidc/..%2f')).status).toBe(400)
    expect((await get('/auth/oidc/UPPER')).status).toBe(400)
    expect((await get(`/auth/oidc/company?returnTo=${'x'.repeat(501)}`)).status).toBe(400)
  })

  it('is limited for each address, as every other way to sign in is', async () => {
    const gateway = await platform.start({ PLINTH_SIGN_INS_PER_MINUTE: '3' })
    const codes: number[] = []
    for (let count = 0; count < 5; count++) {
      const begun = await fetch(`${gateway.url}/auth/oidc/company`, { redirect: 'manual' })
      codes.push(begun.status)
    }
    expect(codes).toEqual([302, 302, 302, 429, 429])
    const device = await fetch(`${gateway.url}/auth/device_authorization`, { method: 'POST', body: 'client_id=x' })
    expect(device.status).toBe(429)
    await gateway.close()
  })
})
