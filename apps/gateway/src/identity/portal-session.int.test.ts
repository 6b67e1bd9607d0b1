import { until } from '@plinth/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'
const tail = `${project}/logs/tail`

describe('the portal session', () => {
  const json = { 'content-type': 'application/json' }
  const open = async (password = 'right', headers: Record<string, string> = {}) =>
    at('/auth/portal-session', {
      method: 'POST',
      headers: { ...json, ...headers },
      body: JSON.stringify({ username: 'dev', password }),
    })
  const signIn = async () => {
    const response = await open()
    const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    const { csrfToken } = (await response.json()) as { csrfToken: string }
    return { cookie, csrfToken, setCookie: response.headers.get('set-cookie') }
  }
  const scale = `${project}/environments/development/workloads/ledger/scale`

  it('goes into a cookie that no script, no other host and no plain connection gets', async () => {
    const { setCookie } = await signIn()
    expect(setCookie).toMatch(/^__Host-plinth=pls_[^;]+;/)
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Strict']) expect(setCookie).toContain(attribute)
  })

  it('refuses a wrong password, a wrong body and a foreign origin', async () => {
    expect((await open('wrong')).status).toBe(401)
    expect((await open('right', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await at('/auth/portal-session', { method: 'POST', headers: json, body: '{"username":1}' })).status).toBe(
      400,
    )
  })

  it('reads with the cookie alone, and changes only with the anti-forgery token', async () => {
    const { cookie, csrfToken } = await signIn()
    expect((await at(project, { headers: { cookie } })).status).toBe(200)
    const again = (await (await at('/auth/portal-session', { headers: { cookie } })).json()) as { csrfToken: string }
    expect(again.csrfToken).toBe(csrfToken)
    const change = { method: 'POST', body: '{"replicas":1}' }
    for (const headers of [
      {},
      { 'x-csrf-token': 'wrong' },
      { 'x-csrf-token': csrfToken, origin: 'https://evil.example' },
    ]) {
      const response = await at(scale, { ...change, headers: { ...json, cookie, ...headers } })
      expect([response.status, await codeOf(response)]).toEqual([403, 'gateway.csrf_missing'])
    }
    const allowed = await at(scale, {
      ...change,
      headers: { ...json, cookie, 'x-csrf-token': csrfToken, origin: 'http://localhost:8080' },
    })
    expect([403, 202, 200]).toContain(allowed.status)
    if (allowed.status === 403) expect(await codeOf(allowed)).toBe('gateway.permission_denied')
  })

  it('refuses to stream to a page of another origin', async () => {
    const { cookie } = await signIn()
    expect((await at(tail, { headers: { cookie, origin: 'https://evil.example' } })).status).toBe(403)
  })

  it('can not be used as a token, nor sent twice', async () => {
    const { cookie } = await signIn()
    const secret = cookie.slice(cookie.indexOf('=') + 1)
    expect((await at(project, { headers: { authorization: `Bearer ${secret}` } })).status).toBe(401)
    expect((await at(project, { headers: { cookie: `${cookie}; ${cookie}` } })).status).toBe(401)
  })

  it('is over at once when it is closed', async () => {
    const { cookie, csrfToken } = await signIn()
    const response = await at('/auth/portal-session', {
      method: 'DELETE',
      headers: { cookie, 'x-csrf-token': csrfToken },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await at(project, { headers: { cookie } })).status).toBe(401)
  })
})
