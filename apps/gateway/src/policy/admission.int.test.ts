import { testKeys, until } from '@plinth/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { as, codeOf, testCalls, testPlatform, type TestPlatform } from '../test-platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await testPlatform()
  await until(async () => (await fetch(`${platform.gateway.url}/readyz`)).ok)
})
afterAll(() => platform.close())
beforeEach(() => void platform.seen.splice(0))

const { at } = testCalls(() => platform)
const project = '/api/v1/projects/payments'

describe('what is let in', () => {
  it('forwards an allowed request with an identity that the service verifies', async () => {
    const response = await at(project, { headers: as('user:dev') })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ name: 'payments' })
    expect(platform.seen[0]?.who).toMatchObject({
      subject: 'user:dev',
      credentialId: 'ses_dev',
      requestId: response.headers.get('x-request-id'),
    })
  })

  it('says what is missing, why, and what would help, when it denies', async () => {
    const response = await at('/api/v1/projects/other', { headers: as('user:dev') })
    expect(response.status).toBe(403)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({
      code: 'gateway.permission_denied',
      required: { action: 'get', object: 'project', domain: 'other' },
      reason: 'no rule',
      nearestGrant: { domain: 'other' },
    })
    expect(platform.seen).toEqual([])
  })

  it('tells the audit ledger of a denial', async () => {
    const stop = new AbortController()
    const followed = platform.bus.follow({ sources: ['gateway'], signal: stop.signal })[Symbol.asyncIterator]()
    const next = followed.next()
    const response = await until(async () => {
      const denied = await at('/api/v1/projects/other', { headers: as('user:dev') })
      const got = await Promise.race([next.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))])
      return got === true ? denied : undefined
    })
    expect(response.status).toBe(403)
    const { value } = (await next) as { value: { event: { type: string; data: unknown } } }
    expect(value.event.type).toBe('dev.plinth.gateway.audit.recorded.v1')
    expect(value.event.data).toMatchObject({
      actor: 'user:dev',
      action: 'project.get',
      outcome: 'denied',
      project: 'other',
    })
    stop.abort()
    await followed.return?.()
  })

  it('answers 401 with a challenge when nothing was sent', async () => {
    const response = await at(project)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Plinth"')
    expect(await codeOf(response)).toBe('gateway.token_missing')
  })

  it('lets anybody use a public route, and the service sees nobody', async () => {
    const body = JSON.stringify({ username: 'ana', password: 'x' })
    const response = await at('/auth/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    expect(response.status).toBe(201)
    expect(platform.seen[0]?.who.subject).toBe('anonymous')
  })

  it('refuses `Bearer nothing` on every guarded route of the platform', async () => {
    const document = (await (await at('/api/openapi.json')).json()) as {
      paths: Record<string, Record<string, { security: unknown[] }>>
    }
    let routes = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        if (security.length === 0) continue
        const target = path.replace(/\{[^}]*\}/g, 'some')
        const response = await at(target, {
          method: method.toUpperCase(),
          headers: { authorization: 'Bearer nothing' },
        })
        expect(`${method} ${target} ${response.status}`).toBe(`${method} ${target} 401`)
        await response.body?.cancel()
        routes++
      }
    }
    expect(routes).toBeGreaterThan(80)
    expect(platform.seen).toEqual([])
  })

  it('refuses a name that the contract does not take before it decides on it', async () => {
    const response = await at('/api/v1/projects/*', { headers: as('user:root') })
    expect([response.status, await codeOf(response)]).toEqual([400, 'platform.request_invalid'])
  })

  it('answers 405 with Allow, and 404 for what is no route', async () => {
    const wrong = await at('/api/v1/me', { method: 'PUT', headers: as('user:dev') })
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET'])
    expect((await at('/api/v1/nothing', { headers: { accept: 'text/html' } })).status).toBe(404)
  })
})

it('does not start with a route that no role can hold, and names it', async () => {
  const route = {
    method: 'GET',
    path: '/x',
    summary: '',
    permission: { action: 'exec', object: 'audit', domain: '*' },
    response: { 200: {} },
  } as const
  const contracts = {
    schemas: { service: 'schemas', routes: { forgotten: { ...route, permission: undefined }, fine: route } },
  }
  await expect(platform.start({}, { contracts: contracts as never })).rejects.toThrow(
    /forgotten of schemas \(GET \/x\) has no permission/,
  )
  expect(testKeys.publicKey).toContain('PUBLIC KEY')
})
